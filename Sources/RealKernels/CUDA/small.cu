// The small operations around the products: norms, positions, lookups, routing, copies.
#include "block.cuh"

static __global__ void rms_norm_kernel(const bf16 *input, const float *weights, float epsilon, int64_t width,
                                       bf16 *output) {
  __shared__ float shared[THREADS];
  const bf16 *row = input + blockIdx.x * width;
  float squares = 0;
  for (int64_t i = threadIdx.x; i < width; i += THREADS) squares += widen(row[i]) * widen(row[i]);
  float factor = rsqrtf(block_sum(squares, shared) / static_cast<float>(width) + epsilon);
  for (int64_t i = threadIdx.x; i < width; i += THREADS)
    output[blockIdx.x * width + i] = __float2bfloat16(widen(row[i]) * factor * weights[i]);
}

extern "C" int32_t backend_rms_norm(lpk_device *device, const void *operation) {
  const lpk_rms_norm *n = static_cast<const lpk_rms_norm *>(operation);
  if (n->rows == 0) return LPK_OK;
  LPK_LAUNCH(rms_norm_kernel, static_cast<unsigned>(n->rows), THREADS, 0, device->stream, elements<bf16>(n->input),
             elements<float>(n->weights), n->epsilon, n->width, elements<bf16>(n->output));
  CUDA_LAUNCHED();
  return LPK_OK;
}

// Angles grow to the longest context, so they are reduced in double precision.
static __global__ void rope_kernel(bf16 *values, const int32_t *positions, int32_t heads, int32_t head_width,
                                   float theta) {
  const int half = head_width / 2;
  const int64_t token = blockIdx.x;
  for (int i = threadIdx.x; i < half; i += blockDim.x) {
    double angle = positions[token] * pow(static_cast<double>(theta), -2.0 * i / head_width);
    float cosine = static_cast<float>(cos(angle)), sine = static_cast<float>(sin(angle));
    for (int h = 0; h < heads; h++) {
      bf16 *head = values + (token * heads + h) * head_width;
      float first = widen(head[i]), second = widen(head[i + half]);
      head[i] = __float2bfloat16(first * cosine - second * sine);
      head[i + half] = __float2bfloat16(second * cosine + first * sine);
    }
  }
}

extern "C" int32_t backend_rope(lpk_device *device, const void *operation) {
  const lpk_rope *r = static_cast<const lpk_rope *>(operation);
  if (r->tokens == 0) return LPK_OK;
  LPK_LAUNCH(rope_kernel, static_cast<unsigned>(r->tokens), 64, 0, device->stream, elements<bf16>(r->values),
             elements<int32_t>(r->positions), r->heads, r->head_width, r->theta);
  CUDA_LAUNCHED();
  return LPK_OK;
}

static __global__ void embedding_kernel(const int32_t *ids, const bf16 *table, int64_t vocabulary, int64_t hidden,
                                        bf16 *output, int32_t *fault) {
  const int64_t token = blockIdx.x, id = ids[token];
  if (id < 0 || id >= vocabulary) {
    if (threadIdx.x == 0) atomicCAS(fault, FAULT_NONE, FAULT_TOKEN);
    return;
  }
  for (int64_t i = threadIdx.x; i < hidden; i += THREADS) output[token * hidden + i] = table[id * hidden + i];
}

extern "C" int32_t backend_embedding(lpk_device *device, const void *operation) {
  const lpk_embedding *e = static_cast<const lpk_embedding *>(operation);
  if (e->tokens == 0) return LPK_OK;
  LPK_LAUNCH(embedding_kernel, static_cast<unsigned>(e->tokens), THREADS, 0, device->stream, elements<int32_t>(e->ids),
             elements<bf16>(e->table), e->vocabulary, e->hidden, elements<bf16>(e->output), device->fault);
  CUDA_LAUNCHED();
  return LPK_OK;
}

enum { MOST_CHOSEN = 64 };  // as lpk_check_small.h allows

// One block a token; the k-th best by k passes, since k is small.
static __global__ void route_kernel(const float *logits, int32_t experts, int32_t chosen, int32_t *ids, float *weights) {
  __shared__ float values[THREADS];
  __shared__ int indices[THREADS], taken[MOST_CHOSEN];
  const float *row = logits + static_cast<int64_t>(blockIdx.x) * experts;
  for (int j = 0; j < chosen; j++) {
    float best_value = 0;
    int best = -1;
    for (int e = threadIdx.x; e < experts; e += THREADS) {
      bool free = true;
      for (int i = 0; i < j; i++) free = free && taken[i] != e;
      if (free && beats(row[e], e, best_value, best)) {
        best_value = row[e];
        best = e;
      }
    }
    best = block_best(best_value, best, values, indices);
    if (threadIdx.x == 0) taken[j] = best;
    __syncthreads();
  }
  if (threadIdx.x != 0) return;
  float total = 0;
  for (int j = 0; j < chosen; j++) total += expf(row[taken[j]] - row[taken[0]]);
  for (int j = 0; j < chosen; j++) {
    ids[static_cast<int64_t>(blockIdx.x) * chosen + j] = taken[j];
    weights[static_cast<int64_t>(blockIdx.x) * chosen + j] = expf(row[taken[j]] - row[taken[0]]) / total;
  }
}

extern "C" int32_t backend_route(lpk_device *device, const void *operation) {
  const lpk_route *r = static_cast<const lpk_route *>(operation);
  if (r->tokens == 0) return LPK_OK;
  LPK_LAUNCH(route_kernel, static_cast<unsigned>(r->tokens), THREADS, 0, device->stream, elements<float>(r->logits),
             r->experts, r->experts_per_token, elements<int32_t>(r->expert_ids), elements<float>(r->expert_weights));
  CUDA_LAUNCHED();
  return LPK_OK;
}

static __global__ void argmax_kernel(const float *logits, int64_t width, int32_t *result) {
  __shared__ float values[THREADS];
  __shared__ int indices[THREADS];
  const float *row = logits + blockIdx.x * width;
  float best_value = 0;
  int best = -1;
  for (int64_t i = threadIdx.x; i < width; i += THREADS)
    if (beats(row[i], static_cast<int>(i), best_value, best)) {
      best_value = row[i];
      best = static_cast<int>(i);
    }
  best = block_best(best_value, best, values, indices);
  if (threadIdx.x == 0) result[blockIdx.x] = best < 0 ? 0 : best;
}

extern "C" int32_t backend_argmax(lpk_device *device, const void *operation) {
  const lpk_argmax *a = static_cast<const lpk_argmax *>(operation);
  if (a->rows == 0) return LPK_OK;
  LPK_LAUNCH(argmax_kernel, static_cast<unsigned>(a->rows), THREADS, 0, device->stream, elements<float>(a->logits),
             a->width, elements<int32_t>(a->indices));
  CUDA_LAUNCHED();
  return LPK_OK;
}

static __global__ void add_kernel(const bf16 *source, bf16 *target, int64_t count) {
  int64_t i = static_cast<int64_t>(blockIdx.x) * THREADS + threadIdx.x;
  if (i < count) target[i] = __float2bfloat16(widen(target[i]) + widen(source[i]));
}

extern "C" int32_t backend_add(lpk_device *device, const void *operation) {
  const lpk_add *a = static_cast<const lpk_add *>(operation);
  if (a->count == 0) return LPK_OK;
  LPK_LAUNCH(add_kernel, static_cast<unsigned>(ceiling(a->count, THREADS)), THREADS, 0, device->stream,
             elements<bf16>(a->source), elements<bf16>(a->target), a->count);
  CUDA_LAUNCHED();
  return LPK_OK;
}

// Rows are moved as 16-bit words, whatever their type.
static __global__ void copy_rows_kernel(const uint16_t *source, const int32_t *source_rows, int64_t source_height,
                                        uint16_t *target, const int32_t *target_rows, int64_t target_height,
                                        int64_t words, int32_t *fault) {
  const int64_t from = source_rows[blockIdx.x], to = target_rows[blockIdx.x];
  if (from < 0 || from >= source_height || to < 0 || to >= target_height) {
    if (threadIdx.x == 0) atomicCAS(fault, FAULT_NONE, FAULT_ROW);
    return;
  }
  for (int64_t i = threadIdx.x; i < words; i += THREADS) target[to * words + i] = source[from * words + i];
}

extern "C" int32_t backend_copy_rows(lpk_device *device, const void *operation) {
  const lpk_copy_rows *c = static_cast<const lpk_copy_rows *>(operation);
  if (c->rows == 0) return LPK_OK;
  int64_t words = c->width * static_cast<int64_t>(lpk_element_bytes(c->source.buffer->dtype)) / 2;
  LPK_LAUNCH(copy_rows_kernel, static_cast<unsigned>(c->rows), THREADS, 0, device->stream,
             elements<uint16_t>(c->source), elements<int32_t>(c->source_rows), c->source_height,
             elements<uint16_t>(c->target), elements<int32_t>(c->target_rows), c->target_height, words, device->fault);
  CUDA_LAUNCHED();
  return LPK_OK;
}
