// OpenBLAS behind three functions.
#include "blas.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>

#include "../Common/lpk_internal.h"

// cblas.h's enums, which are ints.
enum { ROW_MAJOR = 101, NOT_TRANSPOSED = 111, TRANSPOSED = 112 };

static struct {
  void (*sgemm)(int order, int transpose_a, int transpose_b, int m, int n, int k, float alpha, const float *a, int lda,
                const float *b, int ldb, float beta, float *c, int ldc);
  void (*set_threads)(int);
  char *(*config)(void);
  char *(*core)(void);
} blas;

static pthread_mutex_t loading = PTHREAD_MUTEX_INITIALIZER;

static int32_t load(void) {
  const char *named = getenv("LPSIM_OPENBLAS");
  void *handle = dlopen(named ? named : "libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
  if (!handle)
    return lpk_fail(LPK_UNSUPPORTED,
                    "OpenBLAS cannot be loaded: %.200s; install it (on Debian: apt-get install libopenblas0) or name "
                    "its file in LPSIM_OPENBLAS",
                    dlerror());
  *(void **)&blas.set_threads = dlsym(handle, "openblas_set_num_threads");
  *(void **)&blas.config = dlsym(handle, "openblas_get_config");
  *(void **)&blas.core = dlsym(handle, "openblas_get_corename");
  void *sgemm = dlsym(handle, "cblas_sgemm");
  if (!blas.set_threads || !blas.config || !blas.core || !sgemm)
    return lpk_fail(LPK_UNSUPPORTED, "what stands as OpenBLAS on this machine is another library");
  blas.set_threads(1);
  *(void **)&blas.sgemm = sgemm;
  return LPK_OK;
}

int32_t blas_load(void) {
  pthread_mutex_lock(&loading);
  int32_t status = blas.sgemm ? LPK_OK : load();
  pthread_mutex_unlock(&loading);
  return status;
}

const char *blas_config(void) { return blas.config(); }
const char *blas_core(void) { return blas.core(); }

void blas_product(int64_t rows, int64_t columns, int64_t inner, const float *input, const float *weights, float *output,
                  int64_t stride) {
  blas.sgemm(ROW_MAJOR, NOT_TRANSPOSED, TRANSPOSED, (int)rows, (int)columns, (int)inner, 1.0f, input, (int)inner,
             weights, (int)inner, 0.0f, output, (int)stride);
}
