// The random numbers of buffers: a hash of seed and index, so that any backend makes any element alone.
#ifndef LPK_RANDOM_H
#define LPK_RANDOM_H

#include <stdint.h>

#ifdef __CUDACC__
#define LPK_ANYWHERE static __host__ __device__ inline
#else
#define LPK_ANYWHERE static inline
#endif

// Uniform in [-1, 1), 24 bits. The mixer is SplitMix64's (Steele, Lea and Flood, 2014).
LPK_ANYWHERE float lpk_uniform(uint64_t seed, uint64_t index) {
  uint64_t z = seed + (index + 1) * 0x9e3779b97f4a7c15ull;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  z ^= z >> 31;
  return (float)(int32_t)(z >> 40) * (1.0f / 8388608.0f) - 1.0f;
}

#endif
