// The ceilings of memory: a copy and a sum.
#include "block.cuh"

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
