// Attention in one pass over the keys (Dao, FlashAttention-2, 2023), prefill and decode by one kernel. Rows are (token,
// query head) pairs that share a KV head. In prefill each warp has 16 rows and sees every key; in decode the few rows
// there are go to every warp, each has its part of the keys, and long contexts are cut into splits besides.
#ifndef LPK_ATTENTION_CUH
#define LPK_ATTENTION_CUH

#include "attention_rows.cuh"

template <int WIDTH, int ROW_WARPS, int KEY_WARPS>
__global__ void __launch_bounds__(32 * ROW_WARPS *KEY_WARPS) attention_kernel(attention_arguments a) {
  constexpr int threads = 32 * ROW_WARPS * KEY_WARPS, rows = 16 * ROW_WARPS, chunks = WIDTH / 8;
  constexpr int own_keys = KEYS / KEY_WARPS, score_parts = own_keys / 8, value_parts = WIDTH / 8;
  static_assert(ROW_WARPS == 1 || KEY_WARPS == 1, "warps share rows or keys, not both");
  static_assert(own_keys % 16 == 0, "a warp needs 16 keys at least");
  LPK_SHARED(shared);
  bf16 *query_tile = reinterpret_cast<bf16 *>(shared), *stages = query_tile + rows * WIDTH;
  constexpr int stage_size = 2 * KEYS * WIDTH;
  attention_tile tile;
  if (!find_tile<rows>(a, &tile)) return;
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  const int row_warp = KEY_WARPS > 1 ? 0 : warp, key_warp = KEY_WARPS > 1 ? warp : 0;
  const int row_count = tile.tokens * a.group;

  // The keys that any row of the block sees, and of those the split's share.
  int last_row = tile.first_row + rows - 1, begin, end, ignored;
  seen(a, tile, last_row < row_count ? last_row : row_count - 1, &ignored, &end);
  seen(a, tile, tile.first_row, &begin, &ignored);
  int share = (end - begin + a.splits - 1) / a.splits;
  share = (share + KEYS - 1) / KEYS * KEYS;
  begin += tile.split * share;
  if (begin + share < end) end = begin + share;
  const int tiles = end > begin ? (end - begin + KEYS - 1) / KEYS : 0;
  const int64_t base = (static_cast<int64_t>(tile.slot) * a.slot_tokens * a.kv_heads + blockIdx.y) * WIDTH;

  for (int i = threadIdx.x; i < rows * chunks; i += threads) {
    int row = i / chunks, chunk = i % chunks;
    bool present = tile.first_row + row < row_count;
    int64_t at = present ? row_offset(a, tile, tile.first_row + row, WIDTH) + chunk * 8 : 0;
    copy_async(query_tile + swizzled<chunks>(row, chunk), a.queries + at, present);
  }
  if (tiles > 0) load_keys<WIDTH, threads>(a, base, begin, end, stages, stages + KEYS * WIDTH);
  end_group();

  // Each lane has two rows of the 16: lane / 4 and 8 below it.
  const int own_row = tile.first_row + row_warp * 16 + lane / 4;
  int from[2], to[2];
  seen(a, tile, own_row, &from[0], &to[0]);
  seen(a, tile, own_row + 8, &from[1], &to[1]);
  float highest[2] = {minus_infinity(), minus_infinity()}, total[2] = {0, 0};
  float values[value_parts][4];
#pragma unroll
  for (int i = 0; i < value_parts; i++)
#pragma unroll
    for (int e = 0; e < 4; e++) values[i][e] = 0;
  uint32_t queries[WIDTH / 16][4];

  for (int t = 0; t < tiles; t++) {
    if (t + 1 < tiles) {
      bf16 *next = stages + (t + 1) % 2 * stage_size;
      load_keys<WIDTH, threads>(a, base, begin + (t + 1) * KEYS, end, next, next + KEYS * WIDTH);
    }
    end_group();
    wait_for_all_but<1>();
    __syncthreads();
    const bf16 *key_tile = stages + t % 2 * stage_size, *value_tile = key_tile + KEYS * WIDTH;
    if (t == 0) {
#pragma unroll
      for (int k = 0; k < WIDTH / 16; k++)
        load_matrices(queries[k], query_tile + swizzled<chunks>(row_warp * 16 + lane % 16, k * 2 + lane / 16));
    }

    float scores[score_parts][4];
#pragma unroll
    for (int i = 0; i < score_parts; i++)
#pragma unroll
      for (int e = 0; e < 4; e++) scores[i][e] = 0;
#pragma unroll
    for (int k = 0; k < WIDTH / 16; k++)
#pragma unroll
      for (int n = 0; n < own_keys / 16; n++) {
        uint32_t b[4];
        int row = key_warp * own_keys + n * 16 + lane / 16 * 8 + lane % 8;
        load_matrices(b, key_tile + swizzled<chunks>(row, k * 2 + lane / 8 % 2));
        multiply(scores[2 * n], queries[k], b[0], b[1]);
        multiply(scores[2 * n + 1], queries[k], b[2], b[3]);
      }

    const int first_key = begin + t * KEYS + key_warp * own_keys + lane % 4 * 2;
#pragma unroll
    for (int half = 0; half < 2; half++) {
      float top = highest[half];
#pragma unroll
      for (int i = 0; i < score_parts; i++)
#pragma unroll
        for (int e = 0; e < 2; e++) {
          int key = first_key + i * 8 + e;
          bool visible = key >= from[half] && key < to[half] && key < end;
          float score = visible ? scores[i][half * 2 + e] * a.scale : minus_infinity();
          scores[i][half * 2 + e] = score;
          top = fmaxf(top, score);
        }
      top = fmaxf(top, __shfl_xor_sync(0xffffffffu, top, 1));
      top = fmaxf(top, __shfl_xor_sync(0xffffffffu, top, 2));
      float ground = top == minus_infinity() ? 0 : top;  // a difference of two infinities is no number
      float factor = exp2f(highest[half] - ground);
      highest[half] = top;
      total[half] *= factor;
#pragma unroll
      for (int i = 0; i < score_parts; i++)
#pragma unroll
        for (int e = 0; e < 2; e++) {
          float weight = exp2f(scores[i][half * 2 + e] - ground);
          scores[i][half * 2 + e] = weight;
          total[half] += weight;
        }
#pragma unroll
      for (int i = 0; i < value_parts; i++) {
        values[i][half * 2] *= factor;
        values[i][half * 2 + 1] *= factor;
      }
    }

#pragma unroll
    for (int n = 0; n < own_keys / 16; n++) {
      // What a lane has of two score parts is just what it needs of the left factor.
      uint32_t weights[4] = {pack(scores[2 * n][0], scores[2 * n][1]), pack(scores[2 * n][2], scores[2 * n][3]),
                             pack(scores[2 * n + 1][0], scores[2 * n + 1][1]),
                             pack(scores[2 * n + 1][2], scores[2 * n + 1][3])};
#pragma unroll
      for (int d = 0; d < WIDTH / 16; d++) {
        uint32_t b[4];
        int row = key_warp * own_keys + n * 16 + lane / 8 % 2 * 8 + lane % 8;
        load_transposed(b, value_tile + swizzled<chunks>(row, d * 2 + lane / 16));
        multiply(values[2 * d], weights, b[0], b[1]);
        multiply(values[2 * d + 1], weights, b[2], b[3]);
      }
    }
    __syncthreads();  // before the stage is written again
  }
  wait_for_all_but<0>();
#pragma unroll
  for (int half = 0; half < 2; half++) {
    total[half] += __shfl_xor_sync(0xffffffffu, total[half], 1);
    total[half] += __shfl_xor_sync(0xffffffffu, total[half], 2);
  }

  if (KEY_WARPS == 1) {
#pragma unroll
    for (int half = 0; half < 2; half++) {
      int row = own_row + half * 8;
      if (row >= row_count) continue;
#pragma unroll
      for (int i = 0; i < value_parts; i++)
#pragma unroll
        for (int e = 0; e < 2; e++)
          store_value(a, tile, row, WIDTH, i * 8 + lane % 4 * 2 + e, values[i][half * 2 + e], total[half]);
      if (lane % 4 == 0) store_sums(a, tile, row, WIDTH, highest[half], total[half]);
    }
    return;
  }

  // The warps' parts of the keys, put together through shared memory: [warp][row][width + 2].
  __syncthreads();
  float *merged = reinterpret_cast<float *>(shared);
#pragma unroll
  for (int half = 0; half < 2; half++) {
    float *row = merged + (key_warp * 16 + lane / 4 + half * 8) * (WIDTH + 2);
#pragma unroll
    for (int i = 0; i < value_parts; i++)
#pragma unroll
      for (int e = 0; e < 2; e++) row[i * 8 + lane % 4 * 2 + e] = values[i][half * 2 + e];
    if (lane % 4 == 0) {
      row[WIDTH] = highest[half];
      row[WIDTH + 1] = total[half];
    }
  }
  __syncthreads();
  for (int i = threadIdx.x; i < 16 * WIDTH; i += threads) {
    int row = i / WIDTH, column = i % WIDTH;
    if (tile.first_row + row >= row_count) continue;
    float top = minus_infinity(), value = 0, sum = 0;
    for (int w = 0; w < KEY_WARPS; w++) top = fmaxf(top, merged[(w * 16 + row) * (WIDTH + 2) + WIDTH]);
    float ground = top == minus_infinity() ? 0 : top;
    for (int w = 0; w < KEY_WARPS; w++) {
      const float *part = merged + (w * 16 + row) * (WIDTH + 2);
      float factor = exp2f(part[WIDTH] - ground);
      value += factor * part[column];
      sum += factor * part[WIDTH + 1];
    }
    store_value(a, tile, tile.first_row + row, WIDTH, column, value, sum);
    if (column == 0) store_sums(a, tile, tile.first_row + row, WIDTH, top, sum);
  }
}

#endif
