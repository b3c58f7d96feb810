// A dense product through cuBLAS, which counts columns first: our [rows, inner] is its [inner, rows].
#include "cuda.h"

extern "C" int32_t backend_gemm(lpk_device *device, const void *operation) {
  const lpk_gemm *g = static_cast<const lpk_gemm *>(operation);
  if (g->rows == 0) return LPK_OK;
  const float one = 1, zero = 0;
  int columns = static_cast<int>(g->columns), rows = static_cast<int>(g->rows), inner = static_cast<int>(g->inner);
  cudaDataType_t output = g->output.buffer->dtype == LPK_F32 ? CUDA_R_32F : CUDA_R_16BF;
  cublasStatus_t status = device->blas_functions_.gemm(
      device->blas, CUBLAS_OP_T, CUBLAS_OP_N, columns, rows, inner, &one, lpk_data(g->weights), CUDA_R_16BF, inner,
      lpk_data(g->input), CUDA_R_16BF, inner, &zero, lpk_data(g->output), output, columns, CUBLAS_COMPUTE_32F,
      CUBLAS_GEMM_DEFAULT);
  if (status != CUBLAS_STATUS_SUCCESS)
    return lpk_fail(LPK_FAILED, "cublasGemmEx of %d x %d x %d failed with status %d", rows, columns, inner,
                    static_cast<int>(status));
  return LPK_OK;
}
