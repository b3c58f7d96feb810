// The CUDA backend's device, and the few words its kernels are written in. With LPK_EMULATED the same sources run on a
// CPU through Tests/RealKernelsTests/CUDAEmulator, so that they can be tested without a GPU.
#ifndef LPK_CUDA_H
#define LPK_CUDA_H

#ifdef LPK_EMULATED
#include "emulator.h"
#else
#include <cublas_v2.h>
#include <cuda_bf16.h>
#include <cuda_runtime.h>
#define LPK_LAUNCH(kernel, grid, block, shared, stream, ...) kernel<<<grid, block, shared, stream>>>(__VA_ARGS__)
#define LPK_SHARED(name) extern __shared__ __align__(128) unsigned char name[]
#endif

#include "../Common/lpk_internal.h"

typedef __nv_bfloat16 bf16;

// Uses of scratch memory; each grows on its own.
enum { SCRATCH_SORT, SCRATCH_ROWS, SCRATCH_INNER, SCRATCH_BOTH, SCRATCH_OUTER, SCRATCH_PARTIAL, SCRATCH_EVICT,
       SCRATCH_SUMS, SCRATCH_COUNT };

// What kernels may find wrong in the contents of buffers; the first is kept until the next synchronization.
enum { FAULT_NONE, FAULT_EXPERT, FAULT_TOKEN, FAULT_ROW, FAULT_CACHE, FAULT_CONTEXT };

// cublasGemmEx, whose name alone is ambiguous in C++.
typedef cublasStatus_t (*blas_gemm_function)(cublasHandle_t, cublasOperation_t, cublasOperation_t, int, int, int,
                                             const void *, const void *, cudaDataType_t, int, const void *,
                                             cudaDataType_t, int, const void *, void *, cudaDataType_t, int,
                                             cublasComputeType_t, cublasGemmAlgo_t);

// cublasGemmGroupedBatchedEx, which headers before CUDA 12.5 do not declare.
typedef cublasStatus_t (*blas_grouped_function)(cublasHandle_t, const cublasOperation_t[], const cublasOperation_t[],
                                                const int[], const int[], const int[], const void *,
                                                const void *const[], cudaDataType_t, const int[], const void *const[],
                                                cudaDataType_t, const int[], const void *, void *const[],
                                                cudaDataType_t, const int[], int, const int[], cublasComputeType_t);

// The functions of cuBLAS that we use, found at run time so that the library loads without it.
struct blas_functions {
  decltype(&cublasCreate_v2) create;
  decltype(&cublasDestroy_v2) destroy;
  decltype(&cublasSetStream_v2) set_stream;
  decltype(&cublasSetWorkspace_v2) set_workspace;
  blas_gemm_function gemm;
  blas_grouped_function grouped;  // null before CUDA 12.5, and once it has refused
  decltype(&cublasGetVersion_v2) version;
};

struct retired_memory {
  void *data;
  retired_memory *next;
};

struct lpk_device {
  lpk_device_common common;
  int ordinal;
  cudaStream_t stream;
  blas_functions blas_functions_;
  cublasHandle_t blas;
  void *blas_workspace;
  void *nvml_device;  // null if energy cannot be read
  int32_t *fault;  // on the GPU
  int32_t *host;  // pinned: the fault, or what a sort found
  const void **addresses;  // pinned: of a grouped product; null before the first
  size_t host_bytes;
  void *scratch[SCRATCH_COUNT];
  size_t scratch_bytes[SCRATCH_COUNT];
  retired_memory *retired;  // outgrown scratch that a captured graph may still name
  bool waited;  // an operation had to wait for the GPU, so it cannot be part of a graph
};

// Gives up with a sentence if a CUDA call failed.
int32_t cuda_fail(cudaError_t error, const char *call);
#define CUDA_TRY(call)                                                \
  do {                                                                \
    cudaError_t cuda_error = (call);                                  \
    if (cuda_error != cudaSuccess) return cuda_fail(cuda_error, #call); \
  } while (0)
#define LPK_TRY(call)                          \
  do {                                         \
    int32_t lpk_status_ = (call);              \
    if (lpk_status_ != LPK_OK) return lpk_status_; \
  } while (0)

// Gives up if the launch just before failed.
#define CUDA_LAUNCHED() CUDA_TRY(cudaGetLastError())

// Fails if no kernel was built for the current GPU.
int32_t check_kernels();
int32_t cuda_scratch(lpk_device *device, int use, size_t bytes, void **data);
int32_t cuda_host_memory(lpk_device *device, size_t bytes);

// cuBLAS and NVML, each a sentence if it is missing.
int32_t load_blas(blas_functions *functions);
void open_nvml(lpk_device *device);
int32_t read_millijoules(lpk_device *device, unsigned long long *millijoules);

template <typename T>
static inline T *elements(lpk_view view) {
  return static_cast<T *>(lpk_data(view));
}

static inline int64_t ceiling(int64_t count, int64_t part) { return (count + part - 1) / part; }

// Whole slots that both buffers of a cache hold.
int32_t slot_count(const lpk_attention &a, lpk_view keys, lpk_view values);

// --- Device code ---

static __device__ inline float widen(bf16 value) { return __bfloat162float(value); }
static __device__ inline float widen(float value) { return value; }
static __device__ inline void narrow(bf16 *target, float value) { *target = __float2bfloat16(value); }
static __device__ inline void narrow(float *target, float value) { *target = value; }

#ifndef LPK_EMULATED

// Two floats as two bf16 in one register, the first in the lower half.
static __device__ inline uint32_t pack(float low, float high) {
  __nv_bfloat162 pair = __floats2bfloat162_rn(low, high);
  return *reinterpret_cast<uint32_t *>(&pair);
}

// Four 8 x 8 matrices of bf16; lane l gives the address of row l % 8 of matrix l / 8 and gets, of each, the elements
// (l / 4, 2 * (l % 4)) and the one to the right of it.
static __device__ inline void load_matrices(uint32_t registers[4], const void *row) {
  uint32_t address = static_cast<uint32_t>(__cvta_generic_to_shared(row));
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];\n"
               : "=r"(registers[0]), "=r"(registers[1]), "=r"(registers[2]), "=r"(registers[3])
               : "r"(address)
               : "memory");
}

// The same of the transposed matrices.
static __device__ inline void load_transposed(uint32_t registers[4], const void *row) {
  uint32_t address = static_cast<uint32_t>(__cvta_generic_to_shared(row));
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];\n"
               : "=r"(registers[0]), "=r"(registers[1]), "=r"(registers[2]), "=r"(registers[3])
               : "r"(address)
               : "memory");
}

// sums[16, 8] += a[16, 16] * b[16, 8]. Lane l has of the sums (l / 4, 2 * (l % 4)), the one to the right of it, and the
// two 8 rows below.
static __device__ inline void multiply(float sums[4], const uint32_t a[4], uint32_t b0, uint32_t b1) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
      "{%0, %1, %2, %3};\n"
      : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

// Begins to copy 16 bytes into shared memory; zeros if there is nothing to copy. The source must be an address of the
// GPU either way.
static __device__ inline void copy_async(void *target, const void *source, bool present) {
  uint32_t address = static_cast<uint32_t>(__cvta_generic_to_shared(target));
  int bytes = present ? 16 : 0;
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;\n" ::"r"(address), "l"(source), "r"(bytes) : "memory");
}

static __device__ inline void end_group() { asm volatile("cp.async.commit_group;\n" ::: "memory"); }

// Waits until at most so many of the groups begun last are still under way.
template <int groups>
static __device__ inline void wait_for_all_but() {
  asm volatile("cp.async.wait_group %0;\n" ::"n"(groups) : "memory");
}

#endif

// Where 16-byte chunk `chunk` of row `row` lies in a tile whose rows have `chunks` of them (a power of two): shuffled so
// that eight neighbouring rows of one chunk fall into different banks.
template <int chunks>
static __device__ inline int swizzled(int row, int chunk) {
  constexpr int mask = chunks < 8 ? chunks - 1 : 7;
  return (row * chunks + (chunk ^ (row & mask))) * 8;
}

#endif
