// The cache of keys and values: which slots it has, and writing it.
#include "cpu.h"

// The slots of a cache: what its buffer holds.
static int64_t slots_of(const lpk_attention *a, lpk_view cache) {
  return (cache.buffer->count - cache.offset) / (a->slot_tokens * a->kv_heads * a->head_width);
}

int32_t cpu_check_slot(const lpk_attention *a, lpk_view keys, lpk_view values, int32_t slot) {
  int64_t slots = slots_of(a, keys) < slots_of(a, values) ? slots_of(a, keys) : slots_of(a, values);
  if (slot >= 0 && slot < slots) return LPK_OK;
  return lpk_fail(LPK_INVALID_ARGUMENT, "attention: slot %d of a cache of %lld slots", slot, (long long)slots);
}

static void store(lpk_view cache, int64_t at, const float *values, int64_t count) {
  if (cache.buffer->dtype == LPK_F32) {
    memcpy(cpu_floats(cache) + at, values, (size_t)count * sizeof(float));
    return;
  }
  uint16_t *narrow = (uint16_t *)lpk_data(cache) + at;
  for (int64_t i = 0; i < count; i++) narrow[i] = cpu_to_bf16(values[i]);
}

int32_t backend_cache_write(lpk_device *device, const void *operation) {
  (void)device;
  const lpk_cache_write *w = operation;
  const lpk_attention *a = &w->attention;
  int64_t width = (int64_t)a->kv_heads * a->head_width;
  for (int64_t t = 0; t < w->tokens; t++) {
    int32_t slot = cpu_integers(w->slots)[t], position = cpu_integers(w->positions)[t];
    int32_t status = cpu_check_slot(a, w->key_cache, w->value_cache, slot);
    if (status != LPK_OK) return status;
    if (position < 0 || position >= a->slot_tokens)
      return lpk_fail(LPK_INVALID_ARGUMENT, "cache_write: position %d in slots of %lld tokens", position,
                      (long long)a->slot_tokens);
    int64_t at = (slot * a->slot_tokens + position) * width;
    store(w->key_cache, at, cpu_floats(w->keys) + t * width, width);
    store(w->value_cache, at, cpu_floats(w->values) + t * width, width);
  }
  return LPK_OK;
}
