// The kernels that lpsim measures and runs: one C interface for every backend.
//
// A library exports two symbols, `lpk_abi_version` and `lpk_functions`. Check the first before touching the second.
// Every function that can fail returns an `lpk_status`; after a failure `last_error` has one whole sentence.
// Operations run in the order of their calls. A GPU may still be at work when a call returns; `synchronize`, the
// downloads and the timed runs wait. A device is used by one thread at a time.
// Matrices are row-major. Weights stand as [outputs, inputs], so every product is X * transpose(W).
#ifndef LPK_H
#define LPK_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifdef __clang__
#pragma clang assume_nonnull begin
#define LPK_NULLABLE _Nullable
#define LPK_NONNULL _Nonnull
#else
#define LPK_NULLABLE
#define LPK_NONNULL
#endif

#define LPK_EXPORT __attribute__((visibility("default")))

// Changes with any change to what follows.
#define LPK_ABI_VERSION 1

// How a call ended.
typedef enum lpk_status {
  LPK_OK = 0,
  LPK_INVALID_ARGUMENT = 1,  // the caller broke a rule stated here
  LPK_OUT_OF_MEMORY = 2,
  LPK_NO_DRIVER = 3,  // the machine has no driver, or one too old
  LPK_NO_DEVICE = 4,  // the driver sees no such device, or one too old
  LPK_UNSUPPORTED = 5,  // this backend does not do that
  LPK_FAILED = 6  // the device or a library under us refused
} lpk_status;

// What the elements of a buffer are.
typedef enum lpk_dtype { LPK_F32 = 0, LPK_BF16 = 1, LPK_I32 = 2 } lpk_dtype;

// Which kernels an MoE layer uses.
typedef enum lpk_moe_path {
  LPK_MOE_AUTOMATIC = 0,  // by the mean number of rows of an expert
  LPK_MOE_OWN = 1,  // our own kernels: made for few rows
  LPK_MOE_LIBRARY = 2  // the BLAS of the machine: made for many rows
} lpk_moe_path;

typedef struct lpk_device lpk_device;
typedef struct lpk_buffer lpk_buffer;
typedef struct lpk_program lpk_program;

// Elements of a buffer from an offset on, counted in elements. Operations know the length from their shapes.
typedef struct lpk_view {
  lpk_buffer *buffer;
  int64_t offset;
} lpk_view;

typedef struct lpk_capabilities {
  int64_t memory_bytes;
  int64_t last_level_cache_bytes;  // 0 where the machine does not say
  int32_t processors;  // threads on a CPU, multiprocessors on a GPU
  int32_t activation_dtype;
  int32_t weight_dtypes;  // bit d is set if dtype d is allowed
  int32_t cache_dtypes;  // the same for keys and values
  int32_t reads_energy;  // 1 if joules can be measured
  int32_t replays_graphs;  // 1 if a program of many small launches is replayed as one
} lpk_capabilities;

// Output[rows, columns] = input[rows, inner] * transpose(weights[columns, inner]).
// The output has the dtype of activations, or f32.
typedef struct lpk_gemm {
  int64_t rows, columns, inner;
  lpk_view input, weights, output;
} lpk_gemm;

// One mixture-of-experts layer: gather, gate and up, SiLU(gate) * up, down, weighted sum.
typedef struct lpk_moe {
  int64_t tokens, hidden, intermediate;
  int32_t experts, experts_per_token;
  int32_t path;  // lpk_moe_path
  lpk_view input;  // [tokens, hidden]
  lpk_view expert_ids;  // i32 [tokens, experts_per_token], each in 0 ..< experts, distinct within a token
  lpk_view expert_weights;  // f32, the same shape
  lpk_view gate_up;  // weights [experts, 2 * intermediate, hidden]; an expert's gate rows come first
  lpk_view down;  // weights [experts, hidden, intermediate]
  lpk_view output;  // [tokens, hidden]
} lpk_moe;

// The heads of an attention and the shape of its cache: [slots, slot_tokens, kv_heads, head_width], keys and values
// apart. Query head h reads KV head h / (query_heads / kv_heads).
typedef struct lpk_attention {
  int32_t query_heads, kv_heads, head_width;
  int32_t window;  // a token sees at most that many, itself included; 0 means all
  int64_t slot_tokens;
  float scale;  // of the dot products, usually 1 / sqrt(head_width)
} lpk_attention;

// Writes the keys and values of new tokens into the cache.
typedef struct lpk_cache_write {
  lpk_attention attention;
  int64_t tokens;
  lpk_view keys, values;  // [tokens, kv_heads, head_width]
  lpk_view slots, positions;  // i32 [tokens]
  lpk_view key_cache, value_cache;
} lpk_cache_write;

// One new token for each of `requests`, whose keys and values are in the cache already.
typedef struct lpk_decode_attention {
  lpk_attention attention;
  int64_t requests;
  int64_t longest_context;  // no element of contexts is larger
  lpk_view queries, output;  // [requests, query_heads, head_width]
  lpk_view slots, contexts;  // i32 [requests]; a context counts the new token
  lpk_view key_cache, value_cache;
} lpk_decode_attention;

// New tokens of one request, each seeing the past and the new ones up to itself. Their keys and values are in the cache
// already, at positions past ..< past + tokens.
typedef struct lpk_prefill_attention {
  lpk_attention attention;
  int64_t tokens, past, slot;
  lpk_view queries, output;  // [tokens, query_heads, head_width]
  lpk_view key_cache, value_cache;
} lpk_prefill_attention;

// Output = input / sqrt(mean(input^2) + epsilon) * weights, row by row.
typedef struct lpk_rms_norm {
  int64_t rows, width;
  float epsilon;
  lpk_view input, weights, output;  // weights: f32 [width]
} lpk_rms_norm;

// Rotary positions in place: element i of a head's first half turns with element i of its second half by the angle
// position * theta^(-2i / head_width).
typedef struct lpk_rope {
  int64_t tokens;
  int32_t heads, head_width;
  float theta;
  lpk_view values;  // [tokens, heads, head_width]
  lpk_view positions;  // i32 [tokens]
} lpk_rope;

// Rows of a table by token id.
typedef struct lpk_embedding {
  int64_t tokens, hidden, vocabulary;
  lpk_view ids, table, output;  // i32 [tokens]; weights [vocabulary, hidden]; [tokens, hidden]
} lpk_embedding;

// The experts with the largest logits, largest first (the lower index wins a tie), and the softmax over those alone.
typedef struct lpk_route {
  int64_t tokens;
  int32_t experts, experts_per_token;
  lpk_view logits, expert_ids, expert_weights;  // f32 [tokens, experts]; i32 and f32 [tokens, experts_per_token]
} lpk_route;

// Target += source.
typedef struct lpk_add {
  int64_t count;
  lpk_view source, target;
} lpk_add;

// Target row target_rows[i] = source row source_rows[i]. No target row may be named twice.
typedef struct lpk_copy_rows {
  int64_t rows, width;
  int64_t source_height, target_height;  // rows that may be named
  lpk_view source, source_rows, target, target_rows;  // i32 [rows] each; source and target of one dtype
} lpk_copy_rows;

// The index of the largest of each row (the lower one of equals).
typedef struct lpk_argmax {
  int64_t rows, width;
  lpk_view logits, indices;  // f32 [rows, width]; i32 [rows]
} lpk_argmax;

// Target = source, of one dtype: reads and writes count elements. The ceiling of copying.
typedef struct lpk_copy {
  int64_t count;
  lpk_view source, target;
} lpk_copy;

// Target[0] (f32) = the sum of count elements of the source: reads them only. The ceiling of reading.
typedef struct lpk_sum {
  int64_t count;
  lpk_view source, target;
} lpk_sum;

// Everything a library does. Filled in by the library; never changed.
typedef struct lpk_api {
  const char *backend;  // "cpu" or "cuda"
  const char *LPK_NONNULL (*LPK_NONNULL last_error)(void);  // of the last failed call of this thread

  int32_t (*device_count)(int32_t *count);
  // `threads` is for CPUs: how many work, 0 for all of the machine.
  int32_t (*open)(int32_t ordinal, int32_t threads, lpk_device *LPK_NULLABLE *LPK_NONNULL device);
  void (*close)(lpk_device *device);
  const char *LPK_NONNULL (*LPK_NONNULL device_name)(lpk_device *device);
  const char *LPK_NONNULL (*LPK_NONNULL versions)(lpk_device *device);  // of driver, libraries and compiler, for the record
  int32_t (*capabilities)(lpk_device *device, lpk_capabilities *capabilities);
  int32_t (*synchronize)(lpk_device *device);

  int32_t (*buffer_create)(lpk_device *device, int32_t dtype, int64_t count,
                           lpk_buffer *LPK_NULLABLE *LPK_NONNULL buffer);
  void (*buffer_destroy)(lpk_buffer *buffer);
  // Element i becomes scale * u(seed, i), uniform in [-1, 1), the same on every backend before rounding to the dtype.
  int32_t (*fill_random)(lpk_view view, int64_t count, uint64_t seed, float scale);
  // Every bit of every element is set: a NaN, or -1. What is still there after a kernel was not written.
  int32_t (*fill_poison)(lpk_view view, int64_t count);
  int32_t (*upload)(lpk_view view, int64_t count, const float *values);
  int32_t (*download)(lpk_view view, int64_t count, float *values);
  int32_t (*upload_integers)(lpk_view view, int64_t count, const int32_t *values);
  int32_t (*download_integers)(lpk_view view, int64_t count, int32_t *values);

  int32_t (*gemm)(lpk_device *device, const lpk_gemm *operation);
  int32_t (*moe)(lpk_device *device, const lpk_moe *operation);
  int32_t (*cache_write)(lpk_device *device, const lpk_cache_write *operation);
  int32_t (*decode_attention)(lpk_device *device, const lpk_decode_attention *operation);
  int32_t (*prefill_attention)(lpk_device *device, const lpk_prefill_attention *operation);
  int32_t (*rms_norm)(lpk_device *device, const lpk_rms_norm *operation);
  int32_t (*rope)(lpk_device *device, const lpk_rope *operation);
  int32_t (*embedding)(lpk_device *device, const lpk_embedding *operation);
  int32_t (*route)(lpk_device *device, const lpk_route *operation);
  int32_t (*add)(lpk_device *device, const lpk_add *operation);
  int32_t (*copy_rows)(lpk_device *device, const lpk_copy_rows *operation);
  int32_t (*argmax)(lpk_device *device, const lpk_argmax *operation);
  int32_t (*copy)(lpk_device *device, const lpk_copy *operation);
  int32_t (*sum)(lpk_device *device, const lpk_sum *operation);

  // Operations between begin and end are kept, not run. A program holds views, not contents: run it again after an
  // upload and it works on what is there then. Its buffers must outlive it.
  int32_t (*record_begin)(lpk_device *device);
  int32_t (*record_end)(lpk_device *device, lpk_program *LPK_NULLABLE *LPK_NONNULL program);
  void (*program_destroy)(lpk_program *program);
  int32_t (*program_run)(lpk_program *program);
  // Runs it once untimed and then `repeats` times, each timed by the device's own clock. With evict_caches, something
  // else passes through the caches before each.
  int32_t (*program_time)(lpk_program *program, int32_t repeats, int32_t evict_caches, double *seconds);
  // Runs it back to back for at least that long and reads the energy counter around it.
  int32_t (*program_energy)(lpk_program *program, double least_seconds, double *joules, double *seconds, int64_t *runs);
  // The mean power over that many seconds in which nothing runs.
  int32_t (*idle_power)(lpk_device *device, double seconds, double *watts);
} lpk_api;

// The version of this file that a library was built with.
LPK_EXPORT int32_t lpk_abi_version(void);
// What a library does.
LPK_EXPORT const lpk_api *lpk_functions(void);

typedef int32_t (*lpk_abi_version_function)(void);
typedef const lpk_api *LPK_NULLABLE (*lpk_functions_function)(void);

#ifdef __clang__
#pragma clang assume_nonnull end
#endif

#ifdef __cplusplus
}
#endif

#endif
