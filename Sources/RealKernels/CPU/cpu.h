// The CPU backend's device: a pool of threads, and scratch memory that grows and stays.
#ifndef LPK_CPU_H
#define LPK_CPU_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include "../Common/lpk_internal.h"

// Uses of scratch memory; each grows on its own.
enum { SCRATCH_SORT, SCRATCH_ROWS, SCRATCH_HIDDEN, SCRATCH_EXPERT_OUTPUT, SCRATCH_PARTIAL, SCRATCH_EVICT,
       SCRATCH_COUNT };

// Work that is cut into numbered pieces; `worker` is in 0 ..< threads and each has its own scratch.
typedef void (*cpu_piece)(void *context, int64_t piece, int worker);

struct cpu_worker;

struct lpk_device {
  lpk_device_common common;
  int threads;  // the caller's own included
  pthread_mutex_t mutex;
  pthread_cond_t begin, end;
  int64_t generation;  // of work; a worker that sees a new one takes part
  int idle_workers;
  bool closing;
  cpu_piece piece;
  void *context;
  int64_t piece_count;
  _Atomic int64_t next_piece;
  void *scratch[SCRATCH_COUNT];
  size_t scratch_bytes[SCRATCH_COUNT];
  struct cpu_worker *workers;
};

struct cpu_worker {
  lpk_device *device;
  int index;
  pthread_t thread;
  float *scratch;
  size_t scratch_bytes;
};

// Runs every piece once, on all threads, and returns when the last is done.
void cpu_run(lpk_device *device, int64_t pieces, cpu_piece piece, void *context);
// Memory for one use, at least that large, 64-byte aligned; null if there is none.
void *cpu_scratch(lpk_device *device, int use, size_t bytes);
// Gives every worker at least that many floats of its own; false if there is no memory.
bool cpu_worker_scratch(lpk_device *device, size_t floats);
int32_t cpu_no_memory(const char *what);
double cpu_seconds(void);

// Output[rows, columns] (row stride `stride`) = input[rows, inner] * transpose(weights). Weights are f32 or bf16 at
// `weights`, [columns, inner]. `scratch` has cpu_panel_scratch(columns, inner) floats.
void cpu_panel(const float *input, int64_t rows, const void *weights, int32_t dtype, int64_t columns, int64_t inner,
               float *output, int64_t stride, float *scratch, int32_t path);
size_t cpu_panel_scratch(int64_t columns, int64_t inner);
// The most rows for which the skinny kernel is used where the path is automatic.
enum { CPU_SKINNY_ROWS = 32 };
void cpu_skinny(const float *input, int64_t rows, const void *weights, int32_t dtype, int64_t columns, int64_t inner,
                float *output, int64_t stride);

// Sums[rows, width] += factors[rows, count] (row stride `factor_stride`) * values[count, width].
void cpu_weighted_sums(const float *factors, int64_t rows, int64_t factor_stride, const float *values, int64_t count,
                       int64_t width, float *sums);

// The sum of values; the largest of them and `least`.
float cpu_total(const float *values, int64_t count);
float cpu_largest(const float *values, int64_t count, float least);

// An error if a cache has no such slot.
int32_t cpu_check_slot(const lpk_attention *a, lpk_view keys, lpk_view values, int32_t slot);

static inline float *cpu_floats(lpk_view view) { return (float *)lpk_data(view); }
static inline int32_t *cpu_integers(lpk_view view) { return (int32_t *)lpk_data(view); }

static inline float cpu_from_bf16(uint16_t bits) {
  uint32_t wide = (uint32_t)bits << 16;
  float value;
  memcpy(&value, &wide, sizeof value);
  return value;
}

// Rounds to nearest, ties to even; a NaN stays one.
static inline uint16_t cpu_to_bf16(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return (uint16_t)(bits >> 16 | 0x40);
  return (uint16_t)((bits + 0x7fffu + (bits >> 16 & 1)) >> 16);
}

// Widens `count` elements of a buffer's data from element `first` on.
void cpu_widen(const void *data, int32_t dtype, int64_t first, int64_t count, float *values);

// e^x for x <= 88, to 2 units in the last place, in code that compilers turn into vectors. The polynomial and the split
// of ln 2 are those of Cephes' expf (Moshier, 1992). Below -87 it is 0.
static inline float cpu_exp(float x) {
  float n = __builtin_floorf(x * 1.44269504088896341f + 0.5f);
  float r = x - n * 0.693359375f + n * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  float e = p * r * r + r + 1.0f;
  uint32_t power = (uint32_t)((int32_t)(x < -87.0f ? 0.0f : n) + 127) << 23;
  float scale;
  memcpy(&scale, &power, sizeof scale);
  return x < -87.0f ? 0.0f : e * scale;
}

static inline float cpu_silu(float x) { return x < -87.0f ? 0.0f : x / (1.0f + cpu_exp(-x > 87.0f ? 87.0f : -x)); }

#endif
