// What the threads of a block find out together.
#ifndef LPK_BLOCK_CUH
#define LPK_BLOCK_CUH

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

[[maybe_unused]] static __device__ inline int block_best(float value, int index, float *values, int *indices) {
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

#endif
