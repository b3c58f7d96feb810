// The cache of keys and values: which slots it has, and writing it.
#include "cuda.h"

static int64_t slots_of(const lpk_attention &a, lpk_view cache) {
  return (cache.buffer->count - cache.offset) / (a.slot_tokens * a.kv_heads * a.head_width);
}

int32_t slot_count(const lpk_attention &a, lpk_view keys, lpk_view values) {
  int64_t k = slots_of(a, keys), v = slots_of(a, values), least = k < v ? k : v;
  return least < INT32_MAX ? static_cast<int32_t>(least) : INT32_MAX;
}

static __global__ void cache_write_kernel(const bf16 *keys, const bf16 *values, const int32_t *slots,
                                          const int32_t *positions, int64_t slot_tokens, int32_t slot_count,
                                          int32_t width, bf16 *key_cache, bf16 *value_cache, int32_t *fault) {
  const int64_t token = blockIdx.x, slot = slots[token], position = positions[token];
  if (slot < 0 || slot >= slot_count || position < 0 || position >= slot_tokens) {
    if (threadIdx.x == 0) atomicCAS(fault, FAULT_NONE, FAULT_CACHE);
    return;
  }
  const int64_t at = (slot * slot_tokens + position) * width;
  for (int i = threadIdx.x; i < width; i += blockDim.x) {
    key_cache[at + i] = keys[token * width + i];
    value_cache[at + i] = values[token * width + i];
  }
}

extern "C" int32_t backend_cache_write(lpk_device *device, const void *operation) {
  const lpk_cache_write *w = static_cast<const lpk_cache_write *>(operation);
  const lpk_attention &a = w->attention;
  if (w->tokens == 0) return LPK_OK;
  LPK_LAUNCH(cache_write_kernel, static_cast<unsigned>(w->tokens), 128, 0, device->stream, elements<bf16>(w->keys),
             elements<bf16>(w->values), elements<int32_t>(w->slots), elements<int32_t>(w->positions), a.slot_tokens,
             slot_count(a, w->key_cache, w->value_cache), a.kv_heads * a.head_width, elements<bf16>(w->key_cache),
             elements<bf16>(w->value_cache), device->fault);
  CUDA_LAUNCHED();
  return LPK_OK;
}
