// Opening a GPU, and what went wrong on it.
#include <cstdio>
#include <cstdlib>

#include "cuda.h"

extern "C" const char backend_name[] = "cuda";

int32_t cuda_fail(cudaError_t error, const char *call) {
  cudaGetLastError();  // so that the next check does not find it again
  const char *why = cudaGetErrorString(error);
  switch (error) {
    case cudaErrorInsufficientDriver:
      return lpk_fail(LPK_NO_DRIVER, "this machine has no NVIDIA driver, or one too old for CUDA %d.%d (%s); "
                      "install NVIDIA's driver for that version or a newer one",
                      CUDART_VERSION / 1000, CUDART_VERSION % 1000 / 10, why);
    case cudaErrorNoDevice:
      return lpk_fail(LPK_NO_DEVICE, "the NVIDIA driver sees no GPU on this machine (%s); nvidia-smi must list one "
                      "and CUDA_VISIBLE_DEVICES must not hide it", why);
    case cudaErrorNoKernelImageForDevice:
    case cudaErrorInvalidDeviceFunction:
    case cudaErrorUnsupportedPtxVersion:
      return lpk_fail(LPK_NO_DEVICE, "the CUDA kernels were built for other GPUs than this one (%s); "
                      "LPSIM_CUDA_ARCH=sm_NN make cuda builds them for one of compute capability N.N", why);
    case cudaErrorMemoryAllocation:
      return lpk_fail(LPK_OUT_OF_MEMORY, "the GPU has not enough free memory (%s)", why);
    default:
      return lpk_fail(LPK_FAILED, "%.200s failed: %s", call, why);
  }
}

extern "C" int32_t backend_device_count(int32_t *count) {
  int found = 0;
  CUDA_TRY(cudaGetDeviceCount(&found));
  *count = found;
  return LPK_OK;
}

static int32_t describe(lpk_device *device) {
  cudaDeviceProp properties;
  CUDA_TRY(cudaGetDeviceProperties(&properties, device->ordinal));
  int driver = 0, blas = 0;
  CUDA_TRY(cudaDriverGetVersion(&driver));
  device->blas_functions_.version(device->blas, &blas);
  lpk_device_common *common = &device->common;
  snprintf(common->name, sizeof common->name, "%.159s", properties.name);
  snprintf(common->versions, sizeof common->versions, "driver for CUDA %d.%d, runtime %d.%d, cuBLAS %d, sm_%d%d",
           driver / 1000, driver % 1000 / 10, CUDART_VERSION / 1000, CUDART_VERSION % 1000 / 10, blas,
           properties.major, properties.minor);
  lpk_capabilities *found = &common->capabilities;
  found->memory_bytes = static_cast<int64_t>(properties.totalGlobalMem);
  found->last_level_cache_bytes = properties.l2CacheSize;
  found->processors = properties.multiProcessorCount;
  found->activation_dtype = LPK_BF16;
  found->weight_dtypes = 1 << LPK_BF16;
  found->cache_dtypes = 1 << LPK_BF16;
  found->reads_energy = device->nvml_device != nullptr;
  found->replays_graphs = 1;
  return LPK_OK;
}

enum { BLAS_WORKSPACE_BYTES = 32 << 20 };  // what NVIDIA advises for Hopper

static int32_t open_blas(lpk_device *device) {
  const blas_functions *f = &device->blas_functions_;
  LPK_TRY(load_blas(&device->blas_functions_));
  if (f->create(&device->blas) != CUBLAS_STATUS_SUCCESS) return lpk_fail(LPK_FAILED, "cuBLAS cannot be started");
  if (f->set_stream(device->blas, device->stream) != CUBLAS_STATUS_SUCCESS)
    return lpk_fail(LPK_FAILED, "cuBLAS refuses our stream");
  CUDA_TRY(cudaMalloc(&device->blas_workspace, BLAS_WORKSPACE_BYTES));
  if (f->set_workspace(device->blas, device->blas_workspace, BLAS_WORKSPACE_BYTES) != CUBLAS_STATUS_SUCCESS)
    return lpk_fail(LPK_FAILED, "cuBLAS refuses our workspace");
  return LPK_OK;
}

static int32_t prepare(lpk_device *device) {
  CUDA_TRY(cudaSetDevice(device->ordinal));
  LPK_TRY(check_kernels());
  CUDA_TRY(cudaStreamCreateWithFlags(&device->stream, cudaStreamNonBlocking));
  CUDA_TRY(cudaMalloc(reinterpret_cast<void **>(&device->fault), sizeof(int32_t)));
  CUDA_TRY(cudaMemsetAsync(device->fault, 0, sizeof(int32_t), device->stream));
  LPK_TRY(cuda_host_memory(device, 4096));
  LPK_TRY(open_blas(device));
  open_nvml(device);
  return describe(device);
}

extern "C" int32_t backend_open(int32_t ordinal, int32_t threads, lpk_device **out) {
  (void)threads;
  int32_t count = 0;
  LPK_TRY(backend_device_count(&count));
  if (ordinal < 0 || ordinal >= count)
    return lpk_fail(LPK_NO_DEVICE, "there is no GPU %d; the driver sees %d", ordinal, count);
  lpk_device *device = static_cast<lpk_device *>(calloc(1, sizeof *device));
  if (!device) return lpk_fail(LPK_OUT_OF_MEMORY, "no memory for a device");
  device->ordinal = ordinal;
  int32_t status = prepare(device);
  if (status == LPK_OK)
    *out = device;
  else
    backend_close(device);
  return status;
}

// Leaves the last error's sentence as it is.
extern "C" void backend_close(lpk_device *device) {
  if (device->stream) cudaStreamSynchronize(device->stream);
  if (device->blas) device->blas_functions_.destroy(device->blas);
  if (device->blas_workspace) cudaFree(device->blas_workspace);
  for (int i = 0; i < SCRATCH_COUNT; i++)
    if (device->scratch[i]) cudaFree(device->scratch[i]);
  while (device->retired) {
    retired_memory *next = device->retired->next;
    cudaFree(device->retired->data);
    free(device->retired);
    device->retired = next;
  }
  if (device->fault) cudaFree(device->fault);
  if (device->host) cudaFreeHost(device->host);
  if (device->addresses) cudaFreeHost(device->addresses);
  if (device->stream) cudaStreamDestroy(device->stream);
  free(device);
}

static int32_t fault_sentence(int32_t fault) {
  switch (fault) {
    case FAULT_EXPERT: return lpk_fail(LPK_INVALID_ARGUMENT, "moe: a token is sent to an expert that is not there");
    case FAULT_TOKEN: return lpk_fail(LPK_INVALID_ARGUMENT, "embedding: a token id is not in the vocabulary");
    case FAULT_ROW: return lpk_fail(LPK_INVALID_ARGUMENT, "copy_rows: a row that is not there");
    case FAULT_CACHE: return lpk_fail(LPK_INVALID_ARGUMENT, "attention: a slot or position that is not in the cache");
    case FAULT_CONTEXT: return lpk_fail(LPK_INVALID_ARGUMENT, "decode_attention: a context that is empty or too long");
    default: return LPK_OK;
  }
}

extern "C" int32_t backend_synchronize(lpk_device *device) {
  CUDA_TRY(cudaMemcpyAsync(device->host, device->fault, sizeof(int32_t), cudaMemcpyDeviceToHost, device->stream));
  CUDA_TRY(cudaStreamSynchronize(device->stream));
  int32_t fault = device->host[0];
  if (fault == FAULT_NONE) return LPK_OK;
  CUDA_TRY(cudaMemsetAsync(device->fault, 0, sizeof(int32_t), device->stream));
  return fault_sentence(fault);
}
