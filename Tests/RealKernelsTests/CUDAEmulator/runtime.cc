// The CUDA runtime, cuBLAS and NVML as far as we call them.
#include <time.h>

#include "cuda.h"

static double seconds_now() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// Streams that this thread captures: meanwhile nothing may be allocated or waited for.
static thread_local int captures = 0;

const char *cudaGetErrorString(cudaError_t error) {
  switch (error) {
    case cudaSuccess: return "no error";
    case cudaErrorInvalidValue: return "invalid argument";
    case cudaErrorMemoryAllocation: return "out of memory";
    case cudaErrorStreamCaptureUnsupported: return "operation not permitted when stream is capturing";
    default: return "unknown error";
  }
}

cudaError_t cudaGetLastError() { return cudaSuccess; }
cudaError_t cudaGetDeviceCount(int *count) { return *count = 1, cudaSuccess; }
cudaError_t cudaGetDeviceProperties(cudaDeviceProp *properties, int) {
  *properties = {"emulated GPU", size_t(8) << 30, 64 << 10, 4, 9, 0};
  return cudaSuccess;
}
cudaError_t cudaDriverGetVersion(int *version) { return *version = 13000, cudaSuccess; }
cudaError_t cudaSetDevice(int) { return cudaSuccess; }

cudaError_t cudaMalloc(void **data, size_t bytes) {
  if (captures) return cudaErrorStreamCaptureUnsupported;
  if (bytes > size_t(8) << 30) return cudaErrorMemoryAllocation;
  *data = aligned_alloc(256, (bytes + 255) / 256 * 256);
  if (*data) memset(*data, 0xff, bytes);  // fresh memory is not zeros
  return *data ? cudaSuccess : cudaErrorMemoryAllocation;
}
cudaError_t cudaFree(void *data) { return free(data), cudaSuccess; }
cudaError_t cudaHostAlloc(void **data, size_t bytes, unsigned) { return cudaMalloc(data, bytes); }
cudaError_t cudaFreeHost(void *data) { return cudaFree(data); }

cudaError_t cudaMemsetAsync(void *data, int value, size_t bytes, cudaStream_t stream) {
  stream->enqueue([=] { memset(data, value, bytes); });
  return cudaSuccess;
}
cudaError_t cudaMemcpyAsync(void *target, const void *source, size_t bytes, cudaMemcpyKind, cudaStream_t stream) {
  stream->enqueue([=] { memmove(target, source, bytes); });
  return cudaSuccess;
}
cudaError_t cudaStreamCreateWithFlags(cudaStream_t *stream, unsigned) {
  return *stream = new emulated_stream(), cudaSuccess;
}
cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  return stream->capturing ? cudaErrorStreamCaptureUnsupported : cudaSuccess;
}
cudaError_t cudaStreamDestroy(cudaStream_t stream) { return delete stream, cudaSuccess; }

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, int) {
  captures++;
  stream->capturing = new emulated_graph();
  return cudaSuccess;
}
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t *graph) {
  captures--;
  *graph = stream->capturing;
  stream->capturing = nullptr;
  return cudaSuccess;
}
cudaError_t cudaGraphInstantiate(cudaGraphExec_t *executable, cudaGraph_t graph, unsigned long long) {
  return *executable = new emulated_graph(*graph), cudaSuccess;
}
cudaError_t cudaGraphUpload(cudaGraphExec_t, cudaStream_t) { return cudaSuccess; }
cudaError_t cudaGraphLaunch(cudaGraphExec_t executable, cudaStream_t stream) {
  stream->enqueue([=] {
    for (auto &step : executable->steps) step();
  });
  return cudaSuccess;
}
cudaError_t cudaGraphDestroy(cudaGraph_t graph) { return delete graph, cudaSuccess; }
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t executable) { return delete executable, cudaSuccess; }

cudaError_t cudaEventCreate(cudaEvent_t *event) { return *event = new double(0), cudaSuccess; }
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  stream->enqueue([=] { *event = seconds_now(); });
  return cudaSuccess;
}
cudaError_t cudaEventSynchronize(cudaEvent_t) { return cudaSuccess; }
cudaError_t cudaEventElapsedTime(float *milliseconds, cudaEvent_t begin, cudaEvent_t end) {
  return *milliseconds = static_cast<float>((*end - *begin) * 1e3), cudaSuccess;
}
cudaError_t cudaEventDestroy(cudaEvent_t event) { return delete event, cudaSuccess; }

// --- cuBLAS, column-major ---

cublasStatus_t cublasCreate_v2(cublasHandle_t *handle) {
  return *handle = new emulated_blas{nullptr}, CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasDestroy_v2(cublasHandle_t handle) { return delete handle, CUBLAS_STATUS_SUCCESS; }
cublasStatus_t cublasSetStream_v2(cublasHandle_t handle, cudaStream_t stream) {
  return handle->stream = stream, CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasSetWorkspace_v2(cublasHandle_t, void *, size_t) { return CUBLAS_STATUS_SUCCESS; }
cublasStatus_t cublasGetVersion_v2(cublasHandle_t, int *version) { return *version = 0, CUBLAS_STATUS_SUCCESS; }

struct emulated_product {
  bool ta, tb;
  int m, n, k, lda, ldb, ldc;
  cudaDataType_t output;
};

static void product(const emulated_product &p, const bf16 *a, const bf16 *b, void *c) {
  for (int64_t j = 0; j < p.n; j++)
    for (int64_t i = 0; i < p.m; i++) {
      float sum = 0;
      for (int64_t l = 0; l < p.k; l++)
        sum += widen(a[p.ta ? l + i * p.lda : i + l * p.lda]) * widen(b[p.tb ? j + l * p.ldb : l + j * p.ldb]);
      if (p.output == CUDA_R_32F)
        static_cast<float *>(c)[i + j * p.ldc] = sum;
      else
        static_cast<bf16 *>(c)[i + j * p.ldc] = __float2bfloat16(sum);
    }
}

cublasStatus_t cublasGemmEx(cublasHandle_t handle, cublasOperation_t ta, cublasOperation_t tb, int m, int n, int k,
                            const void *alpha, const void *a, cudaDataType_t type_a, int lda, const void *b,
                            cudaDataType_t type_b, int ldb, const void *beta, void *c, cudaDataType_t type_c, int ldc,
                            cublasComputeType_t, cublasGemmAlgo_t) {
  if (*static_cast<const float *>(alpha) != 1 || *static_cast<const float *>(beta) != 0 || type_a != CUDA_R_16BF ||
      type_b != CUDA_R_16BF || lda < (ta ? k : m) || ldb < (tb ? n : k) || ldc < m)
    return CUBLAS_STATUS_INVALID_VALUE;
  emulated_product p = {ta == CUBLAS_OP_T, tb == CUBLAS_OP_T, m, n, k, lda, ldb, ldc, type_c};
  handle->stream->enqueue([=] { product(p, static_cast<const bf16 *>(a), static_cast<const bf16 *>(b), c); });
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasGemmGroupedBatchedEx(cublasHandle_t handle, const cublasOperation_t ta[],
                                          const cublasOperation_t tb[], const int m[], const int n[], const int k[],
                                          const void *alpha, const void *const a[], cudaDataType_t type_a,
                                          const int lda[], const void *const b[], cudaDataType_t type_b,
                                          const int ldb[], const void *beta, void *const c[], cudaDataType_t type_c,
                                          const int ldc[], int groups, const int sizes[], cublasComputeType_t compute) {
  if (k[0] == 88) return CUBLAS_STATUS_NOT_SUPPORTED;  // so that tests see what happens then
  int matrix = 0;
  for (int g = 0; g < groups; g++)
    for (int i = 0; i < sizes[g]; i++, matrix++) {
      cublasStatus_t status =
          cublasGemmEx(handle, ta[g], tb[g], m[g], n[g], k[g], static_cast<const float *>(alpha) + g, a[matrix], type_a,
                       lda[g], b[matrix], type_b, ldb[g], static_cast<const float *>(beta) + g, c[matrix], type_c,
                       ldc[g], compute, CUBLAS_GEMM_DEFAULT);
      if (status != CUBLAS_STATUS_SUCCESS) return status;
    }
  return CUBLAS_STATUS_SUCCESS;
}

int32_t load_blas(blas_functions *f) {
  *f = {cublasCreate_v2, cublasDestroy_v2, cublasSetStream_v2, cublasSetWorkspace_v2, cublasGemmEx,
        cublasGemmGroupedBatchedEx, cublasGetVersion_v2};
  return LPK_OK;
}

// --- NVML: 100 W, in steps of 5 ms ---

void open_nvml(lpk_device *device) { device->nvml_device = device; }

int32_t read_millijoules(lpk_device *, unsigned long long *millijoules) {
  *millijoules = static_cast<unsigned long long>(seconds_now() / 0.005) * 500;
  return LPK_OK;
}
