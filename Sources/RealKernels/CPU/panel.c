// A product of some rows with some columns of a weight matrix, on one thread: the skinny kernel for few rows, sgemm for
// more. Weights in bf16 are read from memory once and widened into scratch that stays in the cache.
#include "blas.h"
#include "cpu.h"

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

// The sum of all lanes, by halves.
static inline float total(floats v) {
  typedef float eight __attribute__((vector_size(32)));
  typedef float four __attribute__((vector_size(16)));
  eight half[2];
  memcpy(half, &v, sizeof half);
  eight sums = half[0] + half[1];
  four quarter[2];
  memcpy(quarter, &sums, sizeof quarter);
  four last = quarter[0] + quarter[1];
  return (last[0] + last[2]) + (last[1] + last[3]);
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

// A tile of R rows and V vectors of columns of sums += factors * values; R x V running sums stay in registers.
static inline __attribute__((always_inline)) void value_tile(const float *factors, int64_t factor_stride,
                                                             const float *values, int64_t count, int64_t width,
                                                             float *sums, int R, int V) {
  floats running[4][4];
  for (int r = 0; r < R; r++)
    for (int v = 0; v < V; v++) running[r][v] = load(sums + r * width + v * LANES);
  for (int64_t j = 0; j < count; j++)
    for (int v = 0; v < V; v++) {
      floats value = load(values + j * width + v * LANES);
      for (int r = 0; r < R; r++) running[r][v] += factors[r * factor_stride + j] * value;
    }
  for (int r = 0; r < R; r++)
    for (int v = 0; v < V; v++) *(floats *)(sums + r * width + v * LANES) = running[r][v];
}

static void value_rows(const float *factors, int64_t factor_stride, const float *values, int64_t count, int64_t width,
                       float *sums, int rows) {
  int64_t c = 0;
#define VALUE_TILES(V)                                                                                       \
  for (; c + V * LANES <= width; c += V * LANES) switch (rows) {                                             \
      case 4: value_tile(factors, factor_stride, values + c, count, width, sums + c, 4, V); break;           \
      case 3: value_tile(factors, factor_stride, values + c, count, width, sums + c, 3, V); break;           \
      case 2: value_tile(factors, factor_stride, values + c, count, width, sums + c, 2, V); break;           \
      default: value_tile(factors, factor_stride, values + c, count, width, sums + c, 1, V); break;          \
    }
  VALUE_TILES(4)
  VALUE_TILES(1)
#undef VALUE_TILES
  for (; c < width; c++)
    for (int r = 0; r < rows; r++)
      for (int64_t j = 0; j < count; j++) sums[r * width + c] += factors[r * factor_stride + j] * values[j * width + c];
}

void cpu_weighted_sums(const float *factors, int64_t rows, int64_t factor_stride, const float *values, int64_t count,
                       int64_t width, float *sums) {
  for (int64_t r = 0; r < rows; r += 4)
    value_rows(factors + r * factor_stride, factor_stride, values, count, width, sums + r * width,
               rows - r < 4 ? (int)(rows - r) : 4);
}

float cpu_total(const float *values, int64_t count) {
  floats sums = {0};
  int64_t i = 0;
  for (; i + LANES <= count; i += LANES) sums += load(values + i);
  float sum = total(sums);
  for (; i < count; i++) sum += values[i];
  return sum;
}

float cpu_largest(const float *values, int64_t count, float least) {
  float best[LANES];
  for (int l = 0; l < LANES; l++) best[l] = least;
  int64_t i = 0;
  for (; i + LANES <= count; i += LANES)
    for (int l = 0; l < LANES; l++) best[l] = values[i + l] > best[l] ? values[i + l] : best[l];
  for (; i < count; i++) best[0] = values[i] > best[0] ? values[i] : best[0];
  for (int l = 1; l < LANES; l++) best[0] = best[l] > best[0] ? best[l] : best[0];
  return best[0];
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
  blas_product(rows, columns, inner, input, wide, output, stride);
}
