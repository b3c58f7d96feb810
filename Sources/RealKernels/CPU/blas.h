// What we use of OpenBLAS, found at run time so that a machine without it gets a sentence.
#ifndef LPK_BLAS_H
#define LPK_BLAS_H

#include <stdint.h>

// Loads OpenBLAS, once, and has it use the calling thread only.
int32_t blas_load(void);
// How it was built, and the processor it believes to run on. Only after blas_load.
const char *blas_config(void);
const char *blas_core(void);

// Output[rows, columns] (row stride `stride`) = input[rows, inner] * transpose(weights[columns, inner]).
void blas_product(int64_t rows, int64_t columns, int64_t inner, const float *input, const float *weights, float *output,
                  int64_t stride);

#endif
