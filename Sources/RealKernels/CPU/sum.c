// The sum of a buffer: it reads and does next to nothing else, so its rate is the ceiling of reading.
#include "cpu.h"

typedef float floats __attribute__((vector_size(64), aligned(4)));
typedef uint32_t words __attribute__((vector_size(64), aligned(4)));

// Elements of one piece, and of one step of its loop.
enum { CHUNK = 1 << 18, STEP = 64 };

struct sum {
  const lpk_sum *operation;
  double *partial;  // one a piece
};

static float lanes(floats v) {
  float sum = 0;
  for (int i = 0; i < 16; i++) sum += v[i];
  return sum;
}

// A word of two bf16 is two floats: its upper half as it stands, its lower half shifted up.
static inline floats both_halves(words pair) { return (floats)(pair & 0xffff0000u) + (floats)(pair << 16); }

static double sum_f32(const float *values, int64_t count) {
  floats sums[4] = {{0}};
  int64_t i = 0;
  for (; i + STEP <= count; i += STEP)
    for (int j = 0; j < 4; j++) sums[j] += *(const floats *)(values + i + 16 * j);
  double rest = 0;
  for (; i < count; i++) rest += values[i];
  return (double)lanes(sums[0]) + lanes(sums[1]) + lanes(sums[2]) + lanes(sums[3]) + rest;
}

static double sum_bf16(const uint16_t *values, int64_t count) {
  floats sums[4] = {{0}};
  int64_t i = 0;
  for (; i + 2 * STEP <= count; i += 2 * STEP)
    for (int j = 0; j < 4; j++) {
      words pair;
      memcpy(&pair, values + i + 32 * j, sizeof pair);
      sums[j] += both_halves(pair);
    }
  double rest = 0;
  for (; i < count; i++) rest += cpu_from_bf16(values[i]);
  return (double)lanes(sums[0]) + lanes(sums[1]) + lanes(sums[2]) + lanes(sums[3]) + rest;
}

static void sum_piece(void *context, int64_t piece, int worker) {
  (void)worker;
  const struct sum *sum = context;
  const lpk_sum *s = sum->operation;
  int64_t first = piece * CHUNK, count = first + CHUNK < s->count ? CHUNK : s->count - first;
  bool narrow = s->source.buffer->dtype == LPK_BF16;
  sum->partial[piece] = narrow ? sum_bf16((uint16_t *)lpk_data(s->source) + first, count)
                               : sum_f32((float *)lpk_data(s->source) + first, count);
}

int32_t backend_sum(lpk_device *device, const void *operation) {
  const lpk_sum *s = operation;
  int64_t pieces = (s->count + CHUNK - 1) / CHUNK;
  struct sum sum = {s, cpu_scratch(device, SCRATCH_PARTIAL, (size_t)(pieces + 1) * sizeof(double))};
  if (!sum.partial) return cpu_no_memory("sum");
  cpu_run(device, pieces, sum_piece, &sum);
  double all = 0;
  for (int64_t i = 0; i < pieces; i++) all += sum.partial[i];
  cpu_floats(s->target)[0] = (float)all;
  return LPK_OK;
}
