// Sorting (token, expert) pairs by expert, and moving rows between a token's place and an expert's.
#ifndef LPK_ROUTING_CUH
#define LPK_ROUTING_CUH

#include "grouped.cuh"

enum { MOST_EXPERTS = 1024 };

// What the sort leaves on the GPU.
struct sorted_pairs {
  int32_t *begins;  // [experts + 1]
  int32_t *order;  // sorted row -> pair
  int32_t *places;  // pair -> sorted row
  expert_tile *tiles;
  int32_t *tile_count;
};

// One block of MOST_EXPERTS threads. Running sums over experts by doubling (Hillis and Steele, 1986), rows and tiles at
// once.
static __global__ void sort_kernel(const int32_t *ids, int32_t pairs, int32_t experts, int32_t tile_rows,
                                   sorted_pairs sorted, int32_t *fault) {
  __shared__ int32_t rows[MOST_EXPERTS], tiles[MOST_EXPERTS], cursors[MOST_EXPERTS];
  const int e = threadIdx.x;
  cursors[e] = 0;
  __syncthreads();
  for (int i = e; i < pairs; i += MOST_EXPERTS) {
    if (ids[i] >= 0 && ids[i] < experts)
      atomicAdd(&cursors[ids[i]], 1);
    else
      atomicCAS(fault, FAULT_NONE, FAULT_EXPERT);
  }
  __syncthreads();
  const int own = cursors[e], own_tiles = (own + tile_rows - 1) / tile_rows;
  rows[e] = own;
  tiles[e] = own_tiles;
  __syncthreads();
  for (int step = 1; step < MOST_EXPERTS; step *= 2) {
    int more_rows = e >= step ? rows[e - step] : 0, more_tiles = e >= step ? tiles[e - step] : 0;
    __syncthreads();
    rows[e] += more_rows;
    tiles[e] += more_tiles;
    __syncthreads();
  }
  const int begin = rows[e] - own;
  cursors[e] = begin;
  if (e < experts) sorted.begins[e + 1] = rows[e];
  if (e == 0) sorted.begins[0] = 0;
  if (e == MOST_EXPERTS - 1) *sorted.tile_count = tiles[e];
  for (int t = 0; t < own_tiles; t++) {
    int left = own - t * tile_rows;
    sorted.tiles[tiles[e] - own_tiles + t] =
        expert_tile{e, begin + t * tile_rows, left < tile_rows ? left : tile_rows};
  }
  __syncthreads();
  for (int i = e; i < pairs; i += MOST_EXPERTS) {
    if (ids[i] < 0 || ids[i] >= experts) {
      sorted.places[i] = 0;  // reported above; only a place that can be read is needed
      continue;
    }
    int place = atomicAdd(&cursors[ids[i]], 1);
    sorted.order[place] = i;
    sorted.places[i] = place;
  }
}

// Eight values side by side, which one thread reads and writes at once. Widths are multiples of eight.
struct alignas(16) octet {
  bf16 values[8];
};

static __device__ inline octet load_octet(const bf16 *source) { return *reinterpret_cast<const octet *>(source); }
static __device__ inline void store_octet(bf16 *target, octet values) { *reinterpret_cast<octet *>(target) = values; }

// Output row = the weighted sum of the rows of a token's experts, in their order in the routing.
static __global__ void combine_kernel(const bf16 *rows, const int32_t *places, const float *weights,
                                      int32_t experts_per_token, int32_t hidden, bf16 *output) {
  const int64_t token = blockIdx.x;
  for (int i = 8 * threadIdx.x; i < hidden; i += 8 * blockDim.x) {
    float sums[8] = {};
    for (int j = 0; j < experts_per_token; j++) {
      int64_t pair = token * experts_per_token + j;
      octet row = load_octet(rows + static_cast<int64_t>(places[pair]) * hidden + i);
      for (int k = 0; k < 8; k++) sums[k] += weights[pair] * widen(row.values[k]);
    }
    octet result;
    for (int k = 0; k < 8; k++) narrow(&result.values[k], sums[k]);
    store_octet(output + token * hidden + i, result);
  }
}

// Sorted row = the row of its pair's token.
static __global__ void gather_kernel(const bf16 *input, const int32_t *order, int32_t experts_per_token, int32_t hidden,
                                     bf16 *rows) {
  const int64_t row = blockIdx.x, token = order[row] / experts_per_token;
  for (int i = 8 * threadIdx.x; i < hidden; i += 8 * blockDim.x)
    store_octet(rows + row * hidden + i, load_octet(input + token * hidden + i));
}

static __global__ void gate_kernel(const bf16 *both, int32_t intermediate, bf16 *inner) {
  const int64_t row = blockIdx.x;
  for (int i = 8 * threadIdx.x; i < intermediate; i += 8 * blockDim.x) {
    octet gates = load_octet(both + row * 2 * intermediate + i), ups = load_octet(both + (row * 2 + 1) * intermediate + i);
    octet result;
    for (int k = 0; k < 8; k++) {
      float gate = widen(gates.values[k]), up = widen(ups.values[k]);
      narrow(&result.values[k], gate / (1 + __expf(-gate)) * up);
    }
    store_octet(inner + row * intermediate + i, result);
  }
}

#endif
