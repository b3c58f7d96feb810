// Products of each expert's rows with its own weights, in one launch. Which rows belong to which expert is known on the
// GPU only, so blocks look their tile up in a list that the sort has made; nothing waits for the CPU.
//
// A block multiplies ROWS rows with COLUMNS weight rows. Tiles 64 deep pass through shared memory, STAGES - 1 of them
// under way at any time. Where GATED, half of the weight rows are gate rows and half the up rows to the same outputs,
// and SiLU(gate) * up is formed in registers.
#ifndef LPK_GROUPED_CUH
#define LPK_GROUPED_CUH

#include "cuda.h"

// A block's rows: `row` is the first, among the sorted.
struct expert_tile {
  int32_t expert, row, rows;
};

struct grouped_arguments {
  const bf16 *input;  // [.., inner]
  const int32_t *order;  // sorted row -> pair, whose token's row is read; null if the input is sorted itself
  int32_t experts_per_token;
  const bf16 *weights;  // [experts, columns or 2 * columns, inner]
  bf16 *output;  // [sorted rows, columns]
  int32_t columns, inner;
  const expert_tile *tiles;
  const int32_t *tile_count;
};

enum { DEPTH = 64, DEPTH_CHUNKS = DEPTH / 8 };

template <int ROWS, int COLUMNS, int STAGES>
constexpr int grouped_shared_bytes() {
  return (ROWS + COLUMNS) * DEPTH * 2 * STAGES;
}

// The weight row, within the expert's matrix, that row `row` of a block's tile holds; -1 if there is none.
template <int COLUMNS, bool GATED>
static __device__ inline int weight_row(const grouped_arguments &arguments, int row) {
  constexpr int outputs = GATED ? COLUMNS / 2 : COLUMNS;
  int column = blockIdx.y * outputs + row % outputs;
  if (column >= arguments.columns) return -1;
  return row < outputs ? column : column + arguments.columns;
}

// Begins to copy tile `depth` of the input rows and weights into a stage.
template <int ROWS, int COLUMNS, bool GATED, int THREADS>
static __device__ inline void load_stage(const grouped_arguments &arguments, const expert_tile &tile, int depth,
                                         bf16 *rows, bf16 *weights) {
  const int64_t matrix = static_cast<int64_t>(GATED ? 2 : 1) * arguments.columns * arguments.inner;
  const bf16 *expert = arguments.weights + tile.expert * matrix;
  for (int i = threadIdx.x; i < (ROWS + COLUMNS) * DEPTH_CHUNKS; i += THREADS) {
    int chunk = i % DEPTH_CHUNKS, row = i / DEPTH_CHUNKS, k = depth * DEPTH + chunk * 8;
    if (row < ROWS) {
      bool present = row < tile.rows && k < arguments.inner;
      int64_t source = tile.row + row;
      if (present && arguments.order) source = arguments.order[source] / arguments.experts_per_token;
      const bf16 *from = present ? arguments.input + source * arguments.inner + k : arguments.input;
      copy_async(rows + swizzled<DEPTH_CHUNKS>(row, chunk), from, present);
    } else {
      int source = weight_row<COLUMNS, GATED>(arguments, row - ROWS);
      bool present = source >= 0 && k < arguments.inner;
      const bf16 *from = present ? expert + static_cast<int64_t>(source) * arguments.inner + k : arguments.weights;
      copy_async(weights + swizzled<DEPTH_CHUNKS>(row - ROWS, chunk), from, present);
    }
  }
}

// The first weight row, within the tile, of fragment `fragment` of a warp's FRAGMENTS. Where gated, the first half are
// gate rows and the second half the up rows of the same outputs.
template <int COLUMNS, int FRAGMENTS, bool GATED>
static __device__ inline int fragment_row(int warp_column, int fragment) {
  if (!GATED) return (warp_column * FRAGMENTS + fragment) * 8;
  constexpr int half = FRAGMENTS / 2;
  return fragment / half * (COLUMNS / 2) + (warp_column * half + fragment % half) * 8;
}

template <int ROWS, int COLUMNS, int STAGES, int WARP_ROWS, int WARP_COLUMNS, bool GATED>
__global__ void __launch_bounds__(32 * WARP_ROWS *WARP_COLUMNS) grouped_kernel(grouped_arguments arguments) {
  constexpr int threads = 32 * WARP_ROWS * WARP_COLUMNS;
  constexpr int tall = ROWS / WARP_ROWS / 16, wide = COLUMNS / WARP_COLUMNS / 8;
  static_assert(tall >= 1 && wide >= 2 && wide % 2 == 0, "a warp needs 16 rows and 16 columns at least");
  LPK_SHARED(shared);
  bf16 *stages = reinterpret_cast<bf16 *>(shared);
  constexpr int stage_size = (ROWS + COLUMNS) * DEPTH;
  if (static_cast<int>(blockIdx.x) >= *arguments.tile_count) return;
  const expert_tile tile = arguments.tiles[blockIdx.x];
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  const int warp_row = warp / WARP_COLUMNS, warp_column = warp % WARP_COLUMNS;
  const int depths = (arguments.inner + DEPTH - 1) / DEPTH;

  float sums[tall][wide][4];
#pragma unroll
  for (int i = 0; i < tall; i++)
#pragma unroll
    for (int j = 0; j < wide; j++)
#pragma unroll
      for (int e = 0; e < 4; e++) sums[i][j][e] = 0;

  for (int s = 0; s < STAGES - 1; s++) {
    bf16 *stage = stages + s * stage_size;
    if (s < depths) load_stage<ROWS, COLUMNS, GATED, threads>(arguments, tile, s, stage, stage + ROWS * DEPTH);
    end_group();
  }
  for (int depth = 0; depth < depths; depth++) {
    wait_for_all_but<STAGES - 2>();
    __syncthreads();  // also: everyone is done with the stage that is overwritten next
    int next = depth + STAGES - 1;
    bf16 *free_stage = stages + next % STAGES * stage_size;
    if (next < depths)
      load_stage<ROWS, COLUMNS, GATED, threads>(arguments, tile, next, free_stage, free_stage + ROWS * DEPTH);
    end_group();

    const bf16 *rows = stages + depth % STAGES * stage_size, *weights = rows + ROWS * DEPTH;
#pragma unroll
    for (int k = 0; k < DEPTH / 16; k++) {
      uint32_t a[tall][4], b[wide / 2][4];
#pragma unroll
      for (int i = 0; i < tall; i++)
        load_matrices(a[i], rows + swizzled<DEPTH_CHUNKS>((warp_row * tall + i) * 16 + lane % 16, k * 2 + lane / 16));
#pragma unroll
      for (int j = 0; j < wide / 2; j++) {
        // Matrices 0 and 1 are the two halves of the depth of one fragment, 2 and 3 those of the next.
        int row = fragment_row<COLUMNS, wide, GATED>(warp_column, 2 * j + lane / 16) + lane % 8;
        load_matrices(b[j], weights + swizzled<DEPTH_CHUNKS>(row, k * 2 + lane / 8 % 2));
      }
#pragma unroll
      for (int i = 0; i < tall; i++)
#pragma unroll
        for (int j = 0; j < wide; j++) multiply(sums[i][j], a[i], b[j / 2][j % 2 * 2], b[j / 2][j % 2 * 2 + 1]);
    }
  }
  wait_for_all_but<0>();

  constexpr int outputs = GATED ? COLUMNS / 2 : COLUMNS, kept = GATED ? wide / 2 : wide;
#pragma unroll
  for (int i = 0; i < tall; i++)
#pragma unroll
    for (int j = 0; j < kept; j++)
#pragma unroll
      for (int e = 0; e < 4; e++) {
        int row = (warp_row * tall + i) * 16 + lane / 4 + e / 2 * 8;
        int column = static_cast<int>(blockIdx.y) * outputs + (warp_column * kept + j) * 8 + lane % 4 * 2 + e % 2;
        if (row >= tile.rows || column >= arguments.columns) continue;
        float value = sums[i][j][e];
        if (GATED) value = value / (1 + __expf(-value)) * sums[i][j + (GATED ? wide / 2 : 0)][e];
        arguments.output[static_cast<int64_t>(tile.row + row) * arguments.columns + column] = __float2bfloat16(value);
      }
}

#endif
