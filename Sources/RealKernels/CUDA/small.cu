// The small operations around the products: norms, positions, lookups, routing, copies.
#include "cuda.h"

enum { THREADS = 256 };

// The sum, or the best, over a block of THREADS; every thread gets it.
static __device__ inline float block_sum(float value, float *shared) {
  shared[threadIdx.x] = value;
  __syncthreads();
  for (int step = THREADS / 2; step > 0; step /= 2) {
    if (static_cast<int>(threadIdx.x) < step) shared[threadIdx.x] += shared[threadIdx.x + step];
    __syncthreads();
  }
  float sum = shared[0];
  __syncthreads();
  return sum;
}

// The larger value, of equals the one with the lower index; an index of -1 loses against any other.
static __device__ inline bool beats(float value, int index, float other_value, int other_index) {
  if (index < 0 || other_index < 0) return other_index < 0 && index >= 0;
  return value > other_value || (value == other_value && index < other_index);
}

static __device__ inline int block_best(float value, int index, float *values, int *indices) {
  values[threadIdx.x] = value;
  indices[threadIdx.x] = index;
  __syncthreads();
  for (int step = THREADS / 2; step > 0; step /= 2) {
    int other = threadIdx.x + step;
    if (static_cast<int>(threadIdx.x) < step && beats(values[other], indices[other], values[threadIdx.x],
                                                      indices[threadIdx.x])) {
      values[threadIdx.x] = values[other];
      indices[threadIdx.x] = indices[other];
    }
    __syncthreads();
  }
  int best = indices[0];
  __syncthreads();
  return best;
}

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

extern "C" int32_t backend_copy(lpk_device *device, const void *operation) {
  const lpk_copy *c = static_cast<const lpk_copy *>(operation);
  if (c->count == 0) return LPK_OK;
  size_t bytes = static_cast<size_t>(c->count) * lpk_element_bytes(c->source.buffer->dtype);
  CUDA_TRY(cudaMemcpyAsync(lpk_data(c->target), lpk_data(c->source), bytes, cudaMemcpyDeviceToDevice, device->stream));
  return LPK_OK;
}

// --- The sum: 16 bytes a load, the blocks' sums added up by one block at the end ---

// A word's two bf16, or its one float.
static __device__ inline float both_halves(uint32_t word, bool is_narrow) {
  if (!is_narrow) return __int_as_float(static_cast<int>(word));
  return __int_as_float(static_cast<int>(word & 0xffff0000u)) + __int_as_float(static_cast<int>(word << 16));
}

static __global__ void sum_kernel(const uint4 *source, int64_t vectors, bool is_narrow, const uint16_t *tail,
                                  int32_t tail_halves, float *sums) {
  __shared__ float shared[THREADS];
  float parts[4] = {0, 0, 0, 0};
  const int64_t step = static_cast<int64_t>(gridDim.x) * THREADS;
  int64_t i = static_cast<int64_t>(blockIdx.x) * THREADS + threadIdx.x;
  for (; i + 3 * step < vectors; i += 4 * step) {
    uint4 words[4];
#pragma unroll
    for (int j = 0; j < 4; j++) words[j] = source[i + j * step];
#pragma unroll
    for (int j = 0; j < 4; j++)
      parts[j] += both_halves(words[j].x, is_narrow) + both_halves(words[j].y, is_narrow) +
                  both_halves(words[j].z, is_narrow) + both_halves(words[j].w, is_narrow);
  }
  for (; i < vectors; i += step)
    parts[0] += both_halves(source[i].x, is_narrow) + both_halves(source[i].y, is_narrow) +
                both_halves(source[i].z, is_narrow) + both_halves(source[i].w, is_narrow);
  if (blockIdx.x == 0 && threadIdx.x == 0)
    for (int h = 0; h < tail_halves; h += is_narrow ? 1 : 2) {
      uint32_t word = is_narrow ? static_cast<uint32_t>(tail[h]) << 16
                                : static_cast<uint32_t>(tail[h]) | static_cast<uint32_t>(tail[h + 1]) << 16;
      parts[1] += __int_as_float(static_cast<int>(word));
    }
  float sum = block_sum(parts[0] + parts[1] + parts[2] + parts[3], shared);
  if (threadIdx.x == 0) sums[blockIdx.x] = sum;
}

static __global__ void sum_up_kernel(const float *sums, int32_t count, float *target) {
  __shared__ float shared[THREADS];
  float part = 0;
  for (int i = threadIdx.x; i < count; i += THREADS) part += sums[i];
  float sum = block_sum(part, shared);
  if (threadIdx.x == 0) *target = sum;
}

extern "C" int32_t backend_sum(lpk_device *device, const void *operation) {
  const lpk_sum *s = static_cast<const lpk_sum *>(operation);
  bool is_narrow = s->source.buffer->dtype == LPK_BF16;
  int64_t halves = s->count * (is_narrow ? 1 : 2);
  const uint16_t *source = elements<uint16_t>(s->source);
  // Loads of 16 bytes need such an address; a view that begins elsewhere is all tail, which is slow but right.
  bool aligned = reinterpret_cast<uintptr_t>(source) % 16 == 0;
  if (!aligned && halves > 1 << 20)
    return lpk_fail(LPK_UNSUPPORTED, "sum: a long view must begin at a multiple of 16 bytes of its buffer");
  int64_t vectors = aligned ? halves / 8 : 0;
  int64_t blocks = ceiling(vectors, 4 * THREADS), most = 8 * device->common.capabilities.processors;
  if (blocks > most) blocks = most;
  if (blocks < 1) blocks = 1;
  void *sums = nullptr;
  LPK_TRY(cuda_scratch(device, SCRATCH_SUMS, static_cast<size_t>(blocks) * 4, &sums));
  LPK_LAUNCH(sum_kernel, static_cast<unsigned>(blocks), THREADS, 0, device->stream,
             reinterpret_cast<const uint4 *>(source), vectors, is_narrow, source + vectors * 8,
             static_cast<int32_t>(halves - vectors * 8), static_cast<float *>(sums));
  CUDA_LAUNCHED();
  LPK_LAUNCH(sum_up_kernel, 1, THREADS, 0, device->stream, static_cast<float *>(sums), static_cast<int32_t>(blocks),
             elements<float>(s->target));
  CUDA_LAUNCHED();
  return LPK_OK;
}
