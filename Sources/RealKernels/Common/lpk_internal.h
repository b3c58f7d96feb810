// What the two backends share: the parts of a device that calls are checked against, and the hooks each one fills in.
#ifndef LPK_INTERNAL_H
#define LPK_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

#include "../include/lpk.h"

#ifdef __cplusplus
extern "C" {
#endif

// One kept operation: what runs it, and its arguments behind it.
typedef struct lpk_step {
  int32_t (*run)(lpk_device *device, const void *operation);
  size_t offset;  // of the arguments, in lpk_program.arguments
} lpk_step;

struct lpk_program {
  lpk_device *device;
  lpk_step *steps;
  size_t step_count, step_capacity;
  char *arguments;
  size_t argument_bytes, argument_capacity;
  void *backend;  // what the backend keeps with it, such as a captured graph
};

// The first member of each backend's device.
typedef struct lpk_device_common {
  lpk_capabilities capabilities;
  lpk_program *recording;  // null unless operations are kept
  char name[160];
  char versions[320];
} lpk_device_common;

struct lpk_buffer {
  lpk_device *device;
  int32_t dtype;
  int64_t count;
  void *data;
};

static inline size_t lpk_element_bytes(int32_t dtype) { return dtype == LPK_BF16 ? 2 : 4; }

// Where a view begins.
static inline void *lpk_data(lpk_view view) {
  return (char *)view.buffer->data + (size_t)view.offset * lpk_element_bytes(view.buffer->dtype);
}

// Keeps the sentence for last_error and gives the status back.
int32_t lpk_fail(int32_t status, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Runs every step of a program once, in order.
int32_t lpk_run_steps(lpk_program *program);

// --- What a backend has to define. Arguments were checked for dtype, size and sign. ---
extern const char backend_name[];
int32_t backend_device_count(int32_t *count);
int32_t backend_open(int32_t ordinal, int32_t threads, lpk_device **device);
void backend_close(lpk_device *device);
int32_t backend_synchronize(lpk_device *device);
int32_t backend_allocate(lpk_device *device, size_t bytes, void **data);
void backend_release(lpk_device *device, void *data);
int32_t backend_fill_random(lpk_view view, int64_t count, uint64_t seed, float scale);
int32_t backend_fill_poison(lpk_view view, int64_t count);
// Floats are converted to and from bf16; integers are moved as they are.
int32_t backend_upload(lpk_view view, int64_t count, const void *values);
int32_t backend_download(lpk_view view, int64_t count, void *values);
int32_t backend_gemm(lpk_device *device, const void *operation);
int32_t backend_moe(lpk_device *device, const void *operation);
int32_t backend_cache_write(lpk_device *device, const void *operation);
int32_t backend_decode_attention(lpk_device *device, const void *operation);
int32_t backend_prefill_attention(lpk_device *device, const void *operation);
int32_t backend_rms_norm(lpk_device *device, const void *operation);
int32_t backend_rope(lpk_device *device, const void *operation);
int32_t backend_embedding(lpk_device *device, const void *operation);
int32_t backend_route(lpk_device *device, const void *operation);
int32_t backend_add(lpk_device *device, const void *operation);
int32_t backend_copy_rows(lpk_device *device, const void *operation);
int32_t backend_argmax(lpk_device *device, const void *operation);
int32_t backend_copy(lpk_device *device, const void *operation);
int32_t backend_sum(lpk_device *device, const void *operation);
int32_t backend_program_run(lpk_program *program);
void backend_program_release(lpk_program *program);
int32_t backend_program_time(lpk_program *program, int32_t repeats, int32_t evict_caches, double *seconds);
int32_t backend_program_energy(lpk_program *program, double least_seconds, double *joules, double *seconds,
                               int64_t *runs);
int32_t backend_idle_power(lpk_device *device, double seconds, double *watts);

#ifdef __cplusplus
}
#endif

#endif
