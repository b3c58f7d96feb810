// The rules of lpk.h as code: dtypes, ranges and lengths of every operation.
#ifndef LPK_CHECK_H
#define LPK_CHECK_H

#include "lpk_internal.h"

// Sets of dtypes, one bit each.
enum {
  FLOAT32 = 1 << LPK_F32,
  INTEGER = 1 << LPK_I32,
  ANY_FLOAT = 1 << LPK_F32 | 1 << LPK_BF16,
  ANY = ANY_FLOAT | INTEGER
};

static int32_t check_view(lpk_view view, int64_t count, int32_t dtypes, const char *what) {
  static const char *const names[] = {"f32", "bf16", "i32"};
  if (!view.buffer) return lpk_fail(LPK_INVALID_ARGUMENT, "%s has no buffer", what);
  const lpk_buffer *buffer = view.buffer;
  if (!(dtypes >> buffer->dtype & 1))
    return lpk_fail(LPK_INVALID_ARGUMENT, "%s cannot be %s on this backend", what, names[buffer->dtype]);
  if (count < 0 || view.offset < 0 || view.offset > buffer->count || count > buffer->count - view.offset)
    return lpk_fail(LPK_INVALID_ARGUMENT, "%s needs %lld elements from %lld on; its buffer has %lld", what,
                    (long long)count, (long long)view.offset, (long long)buffer->count);
  return LPK_OK;
}

#define CHECK_VIEW(view, count, dtypes, what)                                \
  do {                                                                       \
    int32_t view_status = check_view(view, count, dtypes, what);             \
    if (view_status != LPK_OK) return view_status;                           \
  } while (0)

// A size of at least `least`; the upper bound keeps every product of sizes inside 64 bits.
#define CHECK_SIZE(value, least, what)                                                            \
  do {                                                                                            \
    if ((int64_t)(value) < (least) || (int64_t)(value) > (1ll << 31) - 1)                         \
      return lpk_fail(LPK_INVALID_ARGUMENT, "%s is %lld; expected %d or more, below 2^31", what,  \
                      (long long)(value), (int)(least));                                          \
  } while (0)

static int32_t activations(const lpk_device_common *device) { return 1 << device->capabilities.activation_dtype; }
static int32_t weights(const lpk_device_common *device) { return device->capabilities.weight_dtypes; }

static int32_t check_gemm(const lpk_device_common *device, const lpk_gemm *g) {
  CHECK_SIZE(g->rows, 0, "gemm: rows");
  CHECK_SIZE(g->columns, 1, "gemm: columns");
  CHECK_SIZE(g->inner, 1, "gemm: inner");
  CHECK_VIEW(g->input, g->rows * g->inner, activations(device), "gemm: input");
  CHECK_VIEW(g->weights, g->columns * g->inner, weights(device), "gemm: weights");
  CHECK_VIEW(g->output, g->rows * g->columns, activations(device) | FLOAT32, "gemm: output");
  return LPK_OK;
}

static int32_t check_moe(const lpk_device_common *device, const lpk_moe *m) {
  CHECK_SIZE(m->tokens, 0, "moe: tokens");
  CHECK_SIZE(m->hidden, 1, "moe: hidden");
  CHECK_SIZE(m->intermediate, 1, "moe: intermediate");
  CHECK_SIZE(m->experts, 1, "moe: experts");
  CHECK_SIZE(m->experts_per_token, 1, "moe: experts_per_token");
  if (m->experts_per_token > m->experts)
    return lpk_fail(LPK_INVALID_ARGUMENT, "moe: %d experts per token of %d", m->experts_per_token, m->experts);
  if (m->path < LPK_MOE_AUTOMATIC || m->path > LPK_MOE_LIBRARY)
    return lpk_fail(LPK_INVALID_ARGUMENT, "moe: there is no path %d", m->path);
  int64_t rows = m->tokens * m->experts_per_token;
  CHECK_SIZE(rows, 0, "moe: tokens times experts_per_token");
  CHECK_VIEW(m->input, m->tokens * m->hidden, activations(device), "moe: input");
  CHECK_VIEW(m->expert_ids, rows, INTEGER, "moe: expert_ids");
  CHECK_VIEW(m->expert_weights, rows, FLOAT32, "moe: expert_weights");
  int64_t matrix = m->intermediate * m->hidden;
  if (matrix > INT64_MAX / 2 / m->experts) return lpk_fail(LPK_INVALID_ARGUMENT, "moe: the weights exceed 2^63");
  CHECK_VIEW(m->gate_up, 2 * m->experts * matrix, weights(device), "moe: gate_up");
  CHECK_VIEW(m->down, m->experts * matrix, weights(device), "moe: down");
  CHECK_VIEW(m->output, m->tokens * m->hidden, activations(device), "moe: output");
  return LPK_OK;
}

static int32_t check_attention(const lpk_attention *a) {
  CHECK_SIZE(a->query_heads, 1, "attention: query_heads");
  CHECK_SIZE(a->kv_heads, 1, "attention: kv_heads");
  CHECK_SIZE(a->head_width, 1, "attention: head_width");
  CHECK_SIZE(a->window, 0, "attention: window");
  CHECK_SIZE(a->slot_tokens, 1, "attention: slot_tokens");
  if (a->query_heads % a->kv_heads)
    return lpk_fail(LPK_INVALID_ARGUMENT, "attention: %d query heads do not share %d KV heads evenly", a->query_heads,
                    a->kv_heads);
  return LPK_OK;
}

// A cache holds whole slots; how many follows from its buffer.
static int32_t check_cache(const lpk_device_common *device, const lpk_attention *a, lpk_view cache, int64_t slots,
                           const char *what) {
  int64_t slot = a->slot_tokens * a->kv_heads * a->head_width;
  CHECK_VIEW(cache, slots * slot, device->capabilities.cache_dtypes, what);
  return LPK_OK;
}

static int32_t check_caches(const lpk_device_common *device, const lpk_attention *a, lpk_view keys, lpk_view values,
                            int64_t slots) {
  int32_t status = check_cache(device, a, keys, slots, "attention: key_cache");
  if (status == LPK_OK) status = check_cache(device, a, values, slots, "attention: value_cache");
  if (status == LPK_OK && keys.buffer->dtype != values.buffer->dtype)
    return lpk_fail(LPK_INVALID_ARGUMENT, "attention: key_cache and value_cache are of different dtypes");
  return status;
}

static int32_t check_cache_write(const lpk_device_common *device, const lpk_cache_write *w) {
  int32_t status = check_attention(&w->attention);
  if (status == LPK_OK) status = check_caches(device, &w->attention, w->key_cache, w->value_cache, 1);
  if (status != LPK_OK) return status;
  CHECK_SIZE(w->tokens, 0, "cache_write: tokens");
  int64_t count = w->tokens * w->attention.kv_heads * w->attention.head_width;
  CHECK_VIEW(w->keys, count, activations(device), "cache_write: keys");
  CHECK_VIEW(w->values, count, activations(device), "cache_write: values");
  CHECK_VIEW(w->slots, w->tokens, INTEGER, "cache_write: slots");
  CHECK_VIEW(w->positions, w->tokens, INTEGER, "cache_write: positions");
  return LPK_OK;
}

static int32_t check_decode_attention(const lpk_device_common *device, const lpk_decode_attention *d) {
  int32_t status = check_attention(&d->attention);
  if (status == LPK_OK) status = check_caches(device, &d->attention, d->key_cache, d->value_cache, 1);
  if (status != LPK_OK) return status;
  CHECK_SIZE(d->requests, 0, "decode_attention: requests");
  CHECK_SIZE(d->longest_context, 1, "decode_attention: longest_context");
  if (d->longest_context > d->attention.slot_tokens)
    return lpk_fail(LPK_INVALID_ARGUMENT, "decode_attention: a context of %lld in slots of %lld tokens",
                    (long long)d->longest_context, (long long)d->attention.slot_tokens);
  int64_t count = d->requests * d->attention.query_heads * d->attention.head_width;
  CHECK_VIEW(d->queries, count, activations(device), "decode_attention: queries");
  CHECK_VIEW(d->output, count, activations(device), "decode_attention: output");
  CHECK_VIEW(d->slots, d->requests, INTEGER, "decode_attention: slots");
  CHECK_VIEW(d->contexts, d->requests, INTEGER, "decode_attention: contexts");
  return LPK_OK;
}

static int32_t check_prefill_attention(const lpk_device_common *device, const lpk_prefill_attention *p) {
  int32_t status = check_attention(&p->attention);
  if (status != LPK_OK) return status;
  CHECK_SIZE(p->tokens, 0, "prefill_attention: tokens");
  CHECK_SIZE(p->past, 0, "prefill_attention: past");
  CHECK_SIZE(p->slot, 0, "prefill_attention: slot");
  if (p->past + p->tokens > p->attention.slot_tokens)
    return lpk_fail(LPK_INVALID_ARGUMENT, "prefill_attention: a context of %lld in slots of %lld tokens",
                    (long long)(p->past + p->tokens), (long long)p->attention.slot_tokens);
  status = check_caches(device, &p->attention, p->key_cache, p->value_cache, p->slot + 1);
  if (status != LPK_OK) return status;
  int64_t count = p->tokens * p->attention.query_heads * p->attention.head_width;
  CHECK_VIEW(p->queries, count, activations(device), "prefill_attention: queries");
  CHECK_VIEW(p->output, count, activations(device), "prefill_attention: output");
  return LPK_OK;
}

#include "lpk_check_small.h"

#endif
