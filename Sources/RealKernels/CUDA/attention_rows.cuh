// Which rows and keys a block of the attention kernel has, and where its results go.
#ifndef LPK_ATTENTION_ROWS_CUH
#define LPK_ATTENTION_ROWS_CUH

#include "cuda.h"

enum { KEYS = 64 };  // of a tile

struct attention_arguments {
  const bf16 *queries, *keys, *values;
  bf16 *output;
  int32_t query_heads, kv_heads, group, window;
  int64_t slot_tokens;
  float scale;  // of scores, in powers of 2
  int32_t tokens, past, slot;  // prefill
  const int32_t *slots, *contexts;  // decode; null in prefill
  int32_t slot_count, longest_context;
  int32_t splits;
  float *partial;  // [requests, query_heads, splits, width + 2] if there are several splits
  int32_t *fault;
};

// What a block works on.
struct attention_tile {
  int32_t past, tokens, slot, request, split, first_row;
};

static __device__ inline float minus_infinity() { return __int_as_float(static_cast<int>(0xff800000u)); }

// False if there is nothing to do, as where slots or contexts are wrong.
template <int ROWS>
static __device__ inline bool find_tile(const attention_arguments &a, attention_tile *tile) {
  tile->request = blockIdx.z;
  tile->split = static_cast<int>(blockIdx.x) % a.splits;
  tile->first_row = static_cast<int>(blockIdx.x) / a.splits * ROWS;
  if (!a.slots) {
    tile->past = a.past;
    tile->tokens = a.tokens;
    tile->slot = a.slot;
    return true;
  }
  tile->past = a.contexts[tile->request] - 1;
  tile->tokens = 1;
  tile->slot = a.slots[tile->request];
  bool fits = tile->past >= 0 && tile->past < a.longest_context && tile->slot >= 0 && tile->slot < a.slot_count;
  if (!fits && threadIdx.x == 0)
    atomicCAS(a.fault, FAULT_NONE, tile->slot < 0 || tile->slot >= a.slot_count ? FAULT_CACHE : FAULT_CONTEXT);
  return fits;
}

// Where a row's query and output are; the row must exist.
static __device__ inline int64_t row_offset(const attention_arguments &a, const attention_tile &tile, int row,
                                            int width) {
  int64_t token = static_cast<int64_t>(tile.request) * tile.tokens + row / a.group;
  return (token * a.query_heads + static_cast<int>(blockIdx.y) * a.group + row % a.group) * width;
}

// The keys from which and up to which a row sees; none if there is no such row.
static __device__ inline void seen(const attention_arguments &a, const attention_tile &tile, int row, int *from,
                                   int *to) {
  bool exists = row < tile.tokens * a.group;
  *to = exists ? tile.past + row / a.group + 1 : 0;
  *from = a.window && *to > a.window ? *to - a.window : 0;
}

template <int WIDTH, int THREADS>
static __device__ inline void load_keys(const attention_arguments &a, int64_t base, int begin, int end, bf16 *keys,
                                        bf16 *values) {
  constexpr int chunks = WIDTH / 8;
  for (int i = threadIdx.x; i < KEYS * chunks; i += THREADS) {
    int row = i / chunks, chunk = i % chunks;
    bool present = begin + row < end;
    int64_t at = present ? base + static_cast<int64_t>(begin + row) * a.kv_heads * WIDTH + chunk * 8 : 0;
    copy_async(keys + swizzled<chunks>(row, chunk), a.keys + at, present);
    copy_async(values + swizzled<chunks>(row, chunk), a.values + at, present);
  }
}

template <int WIDTH, int ROW_WARPS, int KEY_WARPS>
constexpr int attention_shared_bytes() {
  constexpr int tiles = (16 * ROW_WARPS + 4 * KEYS) * WIDTH * 2;
  constexpr int merged = KEY_WARPS > 1 ? KEY_WARPS * 16 * (WIDTH + 2) * 4 : 0;
  return tiles > merged ? tiles : merged;
}

// A row's result: to the output, or beside its scale and sum for the splits to be put together.
static __device__ inline void store_value(const attention_arguments &a, const attention_tile &tile, int row, int width,
                                          int column, float value, float total) {
  if (!a.partial) {
    a.output[row_offset(a, tile, row, width) + column] = __float2bfloat16(value / total);
    return;
  }
  int64_t head = row_offset(a, tile, row, 1);
  a.partial[(head * a.splits + tile.split) * (width + 2) + column] = value;
}

static __device__ inline void store_sums(const attention_arguments &a, const attention_tile &tile, int row, int width,
                                         float highest, float total) {
  if (!a.partial) return;
  float *target = a.partial + (row_offset(a, tile, row, 1) * a.splits + tile.split) * (width + 2) + width;
  target[0] = highest;
  target[1] = total;
}

#endif
