// A product of some rows with some columns of a weight matrix, on one thread: the skinny kernel for few rows, sgemm for
// more. Weights in bf16 are read from memory once and widened into scratch that stays in the cache.
#include "cpu.h"
#include "openblas.h"

// Sixteen floats: one AVX-512 register, two AVX2 or four NEON ones; the compiler splits them.
typedef float floats __attribute__((vector_size(64), aligned(4)));
typedef uint32_t words __attribute__((vector_size(64), aligned(4)));
typedef uint16_t halves __attribute__((vector_size(32), aligned(2)));
enum { LANES = 16 };

static inline floats load(const float *p) { return *(const floats *)p; }

static inline floats load_bf16(const uint16_t *p) {
  words wide = __builtin_convertvector(*(const halves *)p, words) << 16;
  return (floats)wide;
}

static inline floats load_weights(const void *weights, int32_t dtype, int64_t at) {
  return dtype == LPK_BF16 ? load_bf16((const uint16_t *)weights + at) : load((const float *)weights + at);
}

static inline float weight(const void *weights, int32_t dtype, int64_t at) {
  return dtype == LPK_BF16 ? cpu_from_bf16(((const uint16_t *)weights)[at]) : ((const float *)weights)[at];
}

static inline float total(floats v) {
  float sum = 0;
  for (int i = 0; i < LANES; i++) sum += v[i];
  return sum;
}

void cpu_widen(const void *data, int32_t dtype, int64_t first, int64_t count, float *values) {
  if (dtype != LPK_BF16) {
    memcpy(values, (const float *)data + first, (size_t)count * sizeof(float));
    return;
  }
  const uint16_t *narrow = (const uint16_t *)data + first;
  int64_t i = 0;
  for (; i + LANES <= count; i += LANES) *(floats *)(values + i) = load_bf16(narrow + i);
  for (; i < count; i++) values[i] = cpu_from_bf16(narrow[i]);
}

// A tile of R input rows and C weight rows: R x C running sums stay in registers. Always inlined, with R, C and dtype
// constant, so that the loops over them vanish.
static inline __attribute__((always_inline)) void tile(const float *input, const void *weights, int32_t dtype,
                                                       int64_t inner, float *output, int64_t stride, int R, int C) {
  floats sums[4][4] = {{{0}}};
  int64_t k = 0;
  for (; k + LANES <= inner; k += LANES) {
    floats w[4];
    for (int c = 0; c < C; c++) w[c] = load_weights(weights, dtype, c * inner + k);
    for (int r = 0; r < R; r++) {
      floats x = load(input + r * inner + k);
      for (int c = 0; c < C; c++) sums[r][c] += x * w[c];
    }
  }
  for (int r = 0; r < R; r++)
    for (int c = 0; c < C; c++) {
      float sum = total(sums[r][c]);
      for (int64_t j = k; j < inner; j++) sum += input[r * inner + j] * weight(weights, dtype, c * inner + j);
      output[r * stride + c] = sum;
    }
}

#define TILE_OF(rows, columns)                                                          \
  if (dtype == LPK_BF16)                                                                \
    tile(input, weights, LPK_BF16, inner, output, stride, rows, columns);               \
  else                                                                                  \
    tile(input, weights, LPK_F32, inner, output, stride, rows, columns);

static void four_columns(const float *input, int64_t rows, const void *weights, int32_t dtype, int64_t inner,
                         float *output, int64_t stride) {
  for (; rows >= 4; rows -= 4, input += 4 * inner, output += 4 * stride) { TILE_OF(4, 4) }
  switch (rows) {
    case 3: TILE_OF(3, 4) break;
    case 2: TILE_OF(2, 4) break;
    case 1: TILE_OF(1, 4) break;
    default: break;
  }
}

static void one_column(const float *input, int64_t rows, const void *weights, int32_t dtype, int64_t inner,
                       float *output, int64_t stride) {
  for (; rows > 0; rows--, input += inner, output += stride) { TILE_OF(1, 1) }
}

void cpu_skinny(const float *input, int64_t rows, const void *weights, int32_t dtype, int64_t columns, int64_t inner,
                float *output, int64_t stride) {
  int64_t row_bytes = inner * (int64_t)lpk_element_bytes(dtype);
  int64_t c = 0;
  for (; c + 4 <= columns; c += 4)
    four_columns(input, rows, (const char *)weights + c * row_bytes, dtype, inner, output + c, stride);
  for (; c < columns; c++)
    one_column(input, rows, (const char *)weights + c * row_bytes, dtype, inner, output + c, stride);
}

size_t cpu_panel_scratch(int64_t columns, int64_t inner) { return (size_t)(columns * inner); }

void cpu_panel(const float *input, int64_t rows, const void *weights, int32_t dtype, int64_t columns, int64_t inner,
               float *output, int64_t stride, float *scratch, int32_t path) {
  if (rows == 0) return;
  bool skinny = path == LPK_MOE_OWN || (path == LPK_MOE_AUTOMATIC && rows <= CPU_SKINNY_ROWS);
  if (skinny) {
    cpu_skinny(input, rows, weights, dtype, columns, inner, output, stride);
    return;
  }
  const float *wide = weights;
  if (dtype == LPK_BF16) {
    cpu_widen(weights, dtype, 0, columns * inner, scratch);
    wide = scratch;
  }
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (blasint)rows, (blasint)columns, (blasint)inner, 1.0f, input,
              (blasint)inner, wide, (blasint)inner, 0.0f, output, (blasint)stride);
}
