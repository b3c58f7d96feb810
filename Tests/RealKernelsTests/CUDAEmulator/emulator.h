// Just enough of CUDA to run our kernels on a CPU: the threads of a block are coroutines that change at barriers, warps
// exchange registers as the PTX manual lays them out, and a stream keeps what is captured. Blocks run one after another.
// It finds wrong indices, wrong fragments, missing barriers and operations that cannot be captured; nothing about speed,
// and not every race.
#ifndef LPK_EMULATOR_H
#define LPK_EMULATOR_H

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <tuple>
#include <vector>

#define __global__
#define __device__
#define __host__
#define __shared__ static
#define __launch_bounds__(...)
#define __align__(n) __attribute__((aligned(n)))
#define LPK_SHARED(name) unsigned char *const name = emulated_shared

struct dim3 {
  unsigned x, y, z;
  dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
};
struct uint4 {
  unsigned x, y, z, w;
};

inline dim3 threadIdx, blockIdx, blockDim, gridDim;
extern unsigned char *emulated_shared;

void __syncthreads();
float __shfl_xor_sync(unsigned mask, float value, int lanes);
template <typename T>
T atomicAdd(T *target, T value) {
  T before = *target;
  *target += value;
  return before;
}
inline int atomicCAS(int *target, int expected, int value) {
  int before = *target;
  if (before == expected) *target = value;
  return before;
}

struct __nv_bfloat16 {
  uint16_t bits;
};
inline float __bfloat162float(__nv_bfloat16 value) {
  uint32_t bits = static_cast<uint32_t>(value.bits) << 16;
  float wide;
  memcpy(&wide, &bits, 4);
  return wide;
}
inline __nv_bfloat16 __float2bfloat16(float value) {
  uint32_t bits;
  memcpy(&bits, &value, 4);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return {0x7fff};
  return {static_cast<uint16_t>((bits + 0x7fffu + (bits >> 16 & 1)) >> 16)};
}
inline float __int_as_float(int bits) {
  float value;
  memcpy(&value, &bits, 4);
  return value;
}
inline float __expf(float x) { return std::exp(x); }
inline float rsqrtf(float x) { return 1 / std::sqrt(x); }

inline uint32_t pack(float low, float high) {
  return __float2bfloat16(low).bits | static_cast<uint32_t>(__float2bfloat16(high).bits) << 16;
}
void load_matrices(uint32_t registers[4], const void *row);
void load_transposed(uint32_t registers[4], const void *row);
void multiply(float sums[4], const uint32_t a[4], uint32_t b0, uint32_t b1);
void copy_async(void *target, const void *source, bool present);
void end_group();
void emulated_wait(int groups);
template <int groups>
void wait_for_all_but() {
  emulated_wait(groups);
}

// --- The runtime ---

enum cudaError_t {
  cudaSuccess = 0,
  cudaErrorInvalidValue = 1,
  cudaErrorMemoryAllocation = 2,
  cudaErrorInsufficientDriver = 35,
  cudaErrorNoDevice = 100,
  cudaErrorInvalidDeviceFunction = 98,
  cudaErrorNoKernelImageForDevice = 209,
  cudaErrorUnsupportedPtxVersion = 222,
  cudaErrorStreamCaptureUnsupported = 900
};
#define CUDART_VERSION 13000

struct emulated_graph {
  std::vector<std::function<void()>> steps;
};
struct emulated_stream {
  emulated_graph *capturing = nullptr;
  void enqueue(std::function<void()> step) {
    if (capturing)
      capturing->steps.push_back(std::move(step));
    else
      step();
  }
};
typedef emulated_stream *cudaStream_t;
typedef emulated_graph *cudaGraph_t;
typedef emulated_graph *cudaGraphExec_t;
typedef double *cudaEvent_t;

struct cudaDeviceProp {
  char name[256];
  size_t totalGlobalMem;
  int l2CacheSize, multiProcessorCount, major, minor;
};
struct cudaFuncAttributes {
  int binaryVersion;
};
enum cudaMemcpyKind { cudaMemcpyHostToDevice, cudaMemcpyDeviceToHost, cudaMemcpyDeviceToDevice };
enum { cudaStreamNonBlocking = 1, cudaHostAllocDefault = 0, cudaStreamCaptureModeThreadLocal = 1,
       cudaFuncAttributeMaxDynamicSharedMemorySize = 8 };

const char *cudaGetErrorString(cudaError_t error);
cudaError_t cudaGetLastError();
cudaError_t cudaGetDeviceCount(int *count);
cudaError_t cudaGetDeviceProperties(cudaDeviceProp *properties, int device);
cudaError_t cudaDriverGetVersion(int *version);
cudaError_t cudaSetDevice(int device);
cudaError_t cudaMalloc(void **data, size_t bytes);
cudaError_t cudaFree(void *data);
cudaError_t cudaHostAlloc(void **data, size_t bytes, unsigned flags);
cudaError_t cudaFreeHost(void *data);
cudaError_t cudaMemsetAsync(void *data, int value, size_t bytes, cudaStream_t stream);
cudaError_t cudaMemcpyAsync(void *target, const void *source, size_t bytes, cudaMemcpyKind kind, cudaStream_t stream);
cudaError_t cudaStreamCreateWithFlags(cudaStream_t *stream, unsigned flags);
cudaError_t cudaStreamSynchronize(cudaStream_t stream);
cudaError_t cudaStreamDestroy(cudaStream_t stream);
cudaError_t cudaStreamBeginCapture(cudaStream_t stream, int mode);
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t *graph);
cudaError_t cudaGraphInstantiate(cudaGraphExec_t *executable, cudaGraph_t graph, unsigned long long flags);
cudaError_t cudaGraphUpload(cudaGraphExec_t executable, cudaStream_t stream);
cudaError_t cudaGraphLaunch(cudaGraphExec_t executable, cudaStream_t stream);
cudaError_t cudaGraphDestroy(cudaGraph_t graph);
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t executable);
cudaError_t cudaEventCreate(cudaEvent_t *event);
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream);
cudaError_t cudaEventSynchronize(cudaEvent_t event);
cudaError_t cudaEventElapsedTime(float *milliseconds, cudaEvent_t begin, cudaEvent_t end);
cudaError_t cudaEventDestroy(cudaEvent_t event);
template <typename F>
cudaError_t cudaFuncGetAttributes(cudaFuncAttributes *, F *) {
  return cudaSuccess;
}
template <typename F>
cudaError_t cudaFuncSetAttribute(F *, int, int bytes) {
  return bytes <= 232448 ? cudaSuccess : cudaErrorInvalidValue;  // what a block of an H100 may have
}

void emulated_run(dim3 grid, dim3 block, size_t shared, const std::function<void()> &kernel);

template <typename F, typename... A>
void emulated_launch(cudaStream_t stream, F *kernel, dim3 grid, dim3 block, size_t shared, A... arguments) {
  auto values = std::make_tuple(arguments...);
  stream->enqueue([=] { emulated_run(grid, block, shared, [&] { std::apply(kernel, values); }); });
}
#define LPK_LAUNCH(kernel, grid, block, shared, stream, ...) \
  emulated_launch(stream, kernel, grid, block, shared, __VA_ARGS__)

// --- cuBLAS ---

enum cublasStatus_t { CUBLAS_STATUS_SUCCESS = 0, CUBLAS_STATUS_INVALID_VALUE = 7, CUBLAS_STATUS_NOT_SUPPORTED = 15 };
enum cublasOperation_t { CUBLAS_OP_N, CUBLAS_OP_T };
enum cudaDataType_t { CUDA_R_32F, CUDA_R_16BF = 14 };
enum cublasComputeType_t { CUBLAS_COMPUTE_32F = 68 };
enum cublasGemmAlgo_t { CUBLAS_GEMM_DEFAULT = -1 };
struct emulated_blas {
  cudaStream_t stream;
};
typedef emulated_blas *cublasHandle_t;
cublasStatus_t cublasCreate_v2(cublasHandle_t *handle);
cublasStatus_t cublasDestroy_v2(cublasHandle_t handle);
cublasStatus_t cublasSetStream_v2(cublasHandle_t handle, cudaStream_t stream);
cublasStatus_t cublasSetWorkspace_v2(cublasHandle_t handle, void *workspace, size_t bytes);
cublasStatus_t cublasGetVersion_v2(cublasHandle_t handle, int *version);
cublasStatus_t cublasGemmEx(cublasHandle_t, cublasOperation_t, cublasOperation_t, int, int, int, const void *,
                            const void *, cudaDataType_t, int, const void *, cudaDataType_t, int, const void *, void *,
                            cudaDataType_t, int, cublasComputeType_t, cublasGemmAlgo_t);
cublasStatus_t cublasGemmGroupedBatchedEx(cublasHandle_t, const cublasOperation_t[], const cublasOperation_t[],
                                          const int[], const int[], const int[], const void *, const void *const[],
                                          cudaDataType_t, const int[], const void *const[], cudaDataType_t,
                                          const int[], const void *, void *const[], cudaDataType_t, const int[], int,
                                          const int[], cublasComputeType_t);

#endif
