// Memory of a GPU: buffers, scratch, filling and copying.
#include <cstdlib>
#include <cstring>
#include <vector>

#include "../Common/lpk_random.h"
#include "cuda.h"

static __global__ void fill_kernel(bf16 *narrow_target, float *wide_target, int64_t count, uint64_t seed, float scale) {
  int64_t step = static_cast<int64_t>(gridDim.x) * blockDim.x;
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count; i += step) {
    float value = scale * lpk_uniform(seed, static_cast<uint64_t>(i));
    if (narrow_target)
      narrow_target[i] = __float2bfloat16(value);
    else
      wide_target[i] = value;
  }
}

int32_t check_kernels() {
  cudaFuncAttributes attributes;
  CUDA_TRY(cudaFuncGetAttributes(&attributes, fill_kernel));
  return LPK_OK;
}

extern "C" int32_t backend_allocate(lpk_device *device, size_t bytes, void **data) {
  CUDA_TRY(cudaSetDevice(device->ordinal));
  CUDA_TRY(cudaMalloc(data, bytes));
  return LPK_OK;
}

extern "C" void backend_release(lpk_device *device, void *data) {
  cudaStreamSynchronize(device->stream);  // what runs may still use it
  cudaFree(data);
}

int32_t cuda_scratch(lpk_device *device, int use, size_t bytes, void **data) {
  if (bytes > device->scratch_bytes[use] || !device->scratch[use]) {
    size_t padded = (bytes + (1 << 20)) >> 20 << 20;
    void *larger = nullptr;
    CUDA_TRY(cudaMalloc(&larger, padded));
    if (device->scratch[use]) {
      retired_memory *retired = static_cast<retired_memory *>(malloc(sizeof *retired));
      if (!retired) {
        cudaFree(larger);
        return lpk_fail(LPK_OUT_OF_MEMORY, "no memory to remember outgrown scratch");
      }
      *retired = retired_memory{device->scratch[use], device->retired};
      device->retired = retired;
    }
    device->scratch[use] = larger;
    device->scratch_bytes[use] = padded;
  }
  *data = device->scratch[use];
  return LPK_OK;
}

int32_t cuda_host_memory(lpk_device *device, size_t bytes) {
  if (bytes <= device->host_bytes) return LPK_OK;
  void *larger = nullptr;
  CUDA_TRY(cudaHostAlloc(&larger, bytes, cudaHostAllocDefault));
  if (device->host) {
    CUDA_TRY(cudaStreamSynchronize(device->stream));  // copies into the old one may be under way
    CUDA_TRY(cudaFreeHost(device->host));
  }
  device->host = static_cast<int32_t *>(larger);
  device->host_bytes = bytes;
  return LPK_OK;
}

extern "C" int32_t backend_fill_random(lpk_view view, int64_t count, uint64_t seed, float scale) {
  if (count == 0) return LPK_OK;
  lpk_device *device = view.buffer->device;
  bool is_narrow = view.buffer->dtype == LPK_BF16;
  unsigned blocks = static_cast<unsigned>(ceiling(count, 256) < 4096 ? ceiling(count, 256) : 4096);
  LPK_LAUNCH(fill_kernel, blocks, 256, 0, device->stream, is_narrow ? elements<bf16>(view) : nullptr,
             is_narrow ? nullptr : elements<float>(view), count, seed, scale);
  CUDA_LAUNCHED();
  return LPK_OK;
}

extern "C" int32_t backend_fill_poison(lpk_view view, int64_t count) {
  if (count == 0) return LPK_OK;
  size_t bytes = static_cast<size_t>(count) * lpk_element_bytes(view.buffer->dtype);
  CUDA_TRY(cudaMemsetAsync(lpk_data(view), 0xff, bytes, view.buffer->device->stream));
  return LPK_OK;
}

static uint16_t to_bf16(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return static_cast<uint16_t>(bits >> 16 | 0x40);
  return static_cast<uint16_t>((bits + 0x7fffu + (bits >> 16 & 1)) >> 16);
}

extern "C" int32_t backend_upload(lpk_view view, int64_t count, const void *values) {
  if (count == 0) return LPK_OK;
  cudaStream_t stream = view.buffer->device->stream;
  std::vector<uint16_t> rounded;
  size_t bytes = static_cast<size_t>(count) * 4;
  if (view.buffer->dtype == LPK_BF16) {
    rounded.resize(static_cast<size_t>(count));
    for (int64_t i = 0; i < count; i++) rounded[i] = to_bf16(static_cast<const float *>(values)[i]);
    values = rounded.data();
    bytes = rounded.size() * 2;
  }
  CUDA_TRY(cudaMemcpyAsync(lpk_data(view), values, bytes, cudaMemcpyHostToDevice, stream));
  CUDA_TRY(cudaStreamSynchronize(stream));
  return LPK_OK;
}

extern "C" int32_t backend_download(lpk_view view, int64_t count, void *values) {
  lpk_device *device = view.buffer->device;
  LPK_TRY(backend_synchronize(device));
  if (count == 0) return LPK_OK;
  bool is_narrow = view.buffer->dtype == LPK_BF16;
  std::vector<uint16_t> rounded(is_narrow ? static_cast<size_t>(count) : 0);
  void *target = is_narrow ? rounded.data() : values;
  size_t bytes = static_cast<size_t>(count) * lpk_element_bytes(view.buffer->dtype);
  CUDA_TRY(cudaMemcpyAsync(target, lpk_data(view), bytes, cudaMemcpyDeviceToHost, device->stream));
  CUDA_TRY(cudaStreamSynchronize(device->stream));
  for (int64_t i = 0; is_narrow && i < count; i++) {
    uint32_t wide = static_cast<uint32_t>(rounded[i]) << 16;
    memcpy(static_cast<float *>(values) + i, &wide, sizeof wide);
  }
  return LPK_OK;
}
