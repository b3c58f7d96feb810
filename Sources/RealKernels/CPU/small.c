// The small operations around the products: norms, positions, lookups, routing, copies.
#include "cpu.h"

static float sqrt_of(float x) { return __builtin_sqrtf(x); }

static void norm_piece(void *context, int64_t row, int worker) {
  (void)worker;
  const lpk_rms_norm *n = context;
  const float *input = cpu_floats(n->input) + row * n->width, *weights = cpu_floats(n->weights);
  float *output = cpu_floats(n->output) + row * n->width;
  double squares = 0;
  for (int64_t i = 0; i < n->width; i++) squares += (double)input[i] * input[i];
  float factor = 1.0f / sqrt_of((float)(squares / (double)n->width) + n->epsilon);
  for (int64_t i = 0; i < n->width; i++) output[i] = input[i] * factor * weights[i];
}

int32_t backend_rms_norm(lpk_device *device, const void *operation) {
  const lpk_rms_norm *n = operation;
  cpu_run(device, n->rows, norm_piece, (void *)n);
  return LPK_OK;
}

static void rope_piece(void *context, int64_t token, int worker) {
  (void)worker;
  const lpk_rope *r = context;
  int half = r->head_width / 2;
  double position = cpu_integers(r->positions)[token];
  float *heads = cpu_floats(r->values) + token * r->heads * r->head_width;
  for (int i = 0; i < half; i++) {
    double angle = position * __builtin_pow((double)r->theta, -2.0 * i / r->head_width);
    float cosine = (float)__builtin_cos(angle), sine = (float)__builtin_sin(angle);
    for (int h = 0; h < r->heads; h++) {
      float *head = heads + (int64_t)h * r->head_width;
      float first = head[i], second = head[i + half];
      head[i] = first * cosine - second * sine;
      head[i + half] = second * cosine + first * sine;
    }
  }
}

int32_t backend_rope(lpk_device *device, const void *operation) {
  const lpk_rope *r = operation;
  cpu_run(device, r->tokens, rope_piece, (void *)r);
  return LPK_OK;
}

static int32_t in_range(const int32_t *indices, int64_t count, int64_t limit, const char *what) {
  for (int64_t i = 0; i < count; i++)
    if (indices[i] < 0 || indices[i] >= limit)
      return lpk_fail(LPK_INVALID_ARGUMENT, "%s: index %lld is %d; expected 0 or more, below %lld", what, (long long)i,
                      indices[i], (long long)limit);
  return LPK_OK;
}

int32_t backend_embedding(lpk_device *device, const void *operation) {
  (void)device;
  const lpk_embedding *e = operation;
  const int32_t *ids = cpu_integers(e->ids);
  int32_t status = in_range(ids, e->tokens, e->vocabulary, "embedding");
  for (int64_t t = 0; t < e->tokens && status == LPK_OK; t++)
    cpu_widen(lpk_data(e->table), e->table.buffer->dtype, ids[t] * e->hidden, e->hidden,
              cpu_floats(e->output) + t * e->hidden);
  return status;
}

// The k-th largest by k passes: k is small.
static void route_piece(void *context, int64_t token, int worker) {
  (void)worker;
  const lpk_route *r = context;
  const float *logits = cpu_floats(r->logits) + token * r->experts;
  int32_t *ids = cpu_integers(r->expert_ids) + token * r->experts_per_token;
  float *weights = cpu_floats(r->expert_weights) + token * r->experts_per_token;
  float total = 0;
  for (int32_t j = 0; j < r->experts_per_token; j++) {
    int32_t best = -1;
    for (int32_t e = 0; e < r->experts; e++) {
      bool taken = false;
      for (int32_t i = 0; i < j; i++) taken |= ids[i] == e;
      if (!taken && (best < 0 || logits[e] > logits[best])) best = e;
    }
    ids[j] = best;
    weights[j] = cpu_exp(logits[best] - logits[ids[0]]);
    total += weights[j];
  }
  for (int32_t j = 0; j < r->experts_per_token; j++) weights[j] /= total;
}

int32_t backend_route(lpk_device *device, const void *operation) {
  const lpk_route *r = operation;
  cpu_run(device, r->tokens, route_piece, (void *)r);
  return LPK_OK;
}

int32_t backend_add(lpk_device *device, const void *operation) {
  (void)device;
  const lpk_add *a = operation;
  const float *source = cpu_floats(a->source);
  float *target = cpu_floats(a->target);
  for (int64_t i = 0; i < a->count; i++) target[i] += source[i];
  return LPK_OK;
}

int32_t backend_copy_rows(lpk_device *device, const void *operation) {
  (void)device;
  const lpk_copy_rows *c = operation;
  const int32_t *from = cpu_integers(c->source_rows), *to = cpu_integers(c->target_rows);
  int32_t status = in_range(from, c->rows, c->source_height, "copy_rows: source_rows");
  if (status == LPK_OK) status = in_range(to, c->rows, c->target_height, "copy_rows: target_rows");
  size_t bytes = (size_t)c->width * lpk_element_bytes(c->source.buffer->dtype);
  for (int64_t i = 0; i < c->rows && status == LPK_OK; i++)
    memmove((char *)lpk_data(c->target) + (size_t)to[i] * bytes, (char *)lpk_data(c->source) + (size_t)from[i] * bytes,
            bytes);
  return status;
}

static void argmax_piece(void *context, int64_t row, int worker) {
  (void)worker;
  const lpk_argmax *a = context;
  const float *logits = cpu_floats(a->logits) + row * a->width;
  int64_t best = 0;
  for (int64_t i = 1; i < a->width; i++)
    if (logits[i] > logits[best]) best = i;
  cpu_integers(a->indices)[row] = (int32_t)best;
}

int32_t backend_argmax(lpk_device *device, const void *operation) {
  const lpk_argmax *a = operation;
  cpu_run(device, a->rows, argmax_piece, (void *)a);
  return LPK_OK;
}

enum { CHUNK = 1 << 18 };

static void copy_piece(void *context, int64_t piece, int worker) {
  (void)worker;
  const lpk_copy *c = context;
  size_t element = lpk_element_bytes(c->source.buffer->dtype);
  int64_t first = piece * CHUNK, count = first + CHUNK < c->count ? CHUNK : c->count - first;
  memcpy((char *)lpk_data(c->target) + (size_t)first * element, (char *)lpk_data(c->source) + (size_t)first * element,
         (size_t)count * element);
}

int32_t backend_copy(lpk_device *device, const void *operation) {
  const lpk_copy *c = operation;
  cpu_run(device, (c->count + CHUNK - 1) / CHUNK, copy_piece, (void *)c);
  return LPK_OK;
}
