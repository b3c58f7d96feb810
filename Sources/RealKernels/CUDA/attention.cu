// Attention in one pass over the keys (Dao, FlashAttention-2, 2023), prefill and decode by one kernel. Rows are (token,
// query head) pairs that share a KV head. In prefill each warp has 16 rows and sees every key; in decode the few rows
// there are go to every warp, each has its part of the keys, and long contexts are cut into splits besides.
#include "cuda.h"

enum { KEYS = 64 };  // of a tile

struct attention_arguments {
  const bf16 *queries, *keys, *values;
  bf16 *output;
  int32_t query_heads, kv_heads, group, window;
  int64_t slot_tokens;
  float scale;  // of scores, in powers of 2
  int32_t tokens, past, slot;  // prefill
  const int32_t *slots, *contexts;  // decode; null in prefill
  int32_t slot_count, longest_context;
  int32_t splits;
  float *partial;  // [requests, query_heads, splits, width + 2] if there are several splits
  int32_t *fault;
};

// What a block works on.
struct attention_tile {
  int32_t past, tokens, slot, request, split, first_row;
};

static __device__ inline float minus_infinity() { return __int_as_float(static_cast<int>(0xff800000u)); }

// False if there is nothing to do, as where slots or contexts are wrong.
template <int ROWS>
static __device__ inline bool find_tile(const attention_arguments &a, attention_tile *tile) {
  tile->request = blockIdx.z;
  tile->split = static_cast<int>(blockIdx.x) % a.splits;
  tile->first_row = static_cast<int>(blockIdx.x) / a.splits * ROWS;
  if (!a.slots) {
    tile->past = a.past;
    tile->tokens = a.tokens;
    tile->slot = a.slot;
    return true;
  }
  tile->past = a.contexts[tile->request] - 1;
  tile->tokens = 1;
  tile->slot = a.slots[tile->request];
  bool fits = tile->past >= 0 && tile->past < a.longest_context && tile->slot >= 0 && tile->slot < a.slot_count;
  if (!fits && threadIdx.x == 0)
    atomicCAS(a.fault, FAULT_NONE, tile->slot < 0 || tile->slot >= a.slot_count ? FAULT_CACHE : FAULT_CONTEXT);
  return fits;
}

// Where a row's query and output are; the row must exist.
static __device__ inline int64_t row_offset(const attention_arguments &a, const attention_tile &tile, int row,
                                            int width) {
  int64_t token = static_cast<int64_t>(tile.request) * tile.tokens + row / a.group;
  return (token * a.query_heads + static_cast<int>(blockIdx.y) * a.group + row % a.group) * width;
}

// The keys from which and up to which a row sees; none if there is no such row.
static __device__ inline void seen(const attention_arguments &a, const attention_tile &tile, int row, int *from,
                                   int *to) {
  bool exists = row < tile.tokens * a.group;
  *to = exists ? tile.past + row / a.group + 1 : 0;
  *from = a.window && *to > a.window ? *to - a.window : 0;
}

template <int WIDTH, int THREADS>
static __device__ inline void load_keys(const attention_arguments &a, int64_t base, int begin, int end, bf16 *keys,
                                        bf16 *values) {
  constexpr int chunks = WIDTH / 8;
  for (int i = threadIdx.x; i < KEYS * chunks; i += THREADS) {
    int row = i / chunks, chunk = i % chunks;
    bool present = begin + row < end;
    int64_t at = present ? base + static_cast<int64_t>(begin + row) * a.kv_heads * WIDTH + chunk * 8 : 0;
    copy_async(keys + swizzled<chunks>(row, chunk), a.keys + at, present);
    copy_async(values + swizzled<chunks>(row, chunk), a.values + at, present);
  }
}

template <int WIDTH, int ROW_WARPS, int KEY_WARPS>
constexpr int attention_shared_bytes() {
  constexpr int tiles = (16 * ROW_WARPS + 4 * KEYS) * WIDTH * 2;
  constexpr int merged = KEY_WARPS > 1 ? KEY_WARPS * 16 * (WIDTH + 2) * 4 : 0;
  return tiles > merged ? tiles : merged;
}

// A row's result: to the output, or beside its scale and sum for the splits to be put together.
static __device__ inline void store_value(const attention_arguments &a, const attention_tile &tile, int row, int width,
                                          int column, float value, float total) {
  if (!a.partial) {
    a.output[row_offset(a, tile, row, width) + column] = __float2bfloat16(value / total);
    return;
  }
  int64_t head = row_offset(a, tile, row, 1);
  a.partial[(head * a.splits + tile.split) * (width + 2) + column] = value;
}

static __device__ inline void store_sums(const attention_arguments &a, const attention_tile &tile, int row, int width,
                                         float highest, float total) {
  if (!a.partial) return;
  float *target = a.partial + (row_offset(a, tile, row, 1) * a.splits + tile.split) * (width + 2) + width;
  target[0] = highest;
  target[1] = total;
}

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

// One block for each query head of each request, one thread for each column.
static __global__ void join_splits_kernel(const float *partial, int32_t splits, int32_t width, bf16 *output) {
  const int64_t head = blockIdx.x;
  const int column = threadIdx.x;
  float top = minus_infinity(), value = 0, sum = 0;
  for (int s = 0; s < splits; s++) top = fmaxf(top, partial[(head * splits + s) * (width + 2) + width]);
  float ground = top == minus_infinity() ? 0 : top;
  for (int s = 0; s < splits; s++) {
    const float *part = partial + (head * splits + s) * (width + 2);
    float factor = exp2f(part[width] - ground);
    value += factor * part[column];
    sum += factor * part[width + 1];
  }
  output[head * width + column] = __float2bfloat16(value / sum);
}

template <int WIDTH, int ROW_WARPS, int KEY_WARPS>
static int32_t launch(lpk_device *device, const attention_arguments &arguments, int64_t requests) {
  constexpr int bytes = attention_shared_bytes<WIDTH, ROW_WARPS, KEY_WARPS>();
  auto kernel = attention_kernel<WIDTH, ROW_WARPS, KEY_WARPS>;
  CUDA_TRY(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, bytes));
  int64_t rows = static_cast<int64_t>(arguments.slots ? 1 : arguments.tokens) * arguments.group;
  dim3 grid(static_cast<unsigned>(ceiling(rows, 16 * ROW_WARPS) * arguments.splits),
            static_cast<unsigned>(arguments.kv_heads), static_cast<unsigned>(requests));
  LPK_LAUNCH(kernel, grid, 32 * ROW_WARPS * KEY_WARPS, bytes, device->stream, arguments);
  CUDA_LAUNCHED();
  return LPK_OK;
}

template <int ROW_WARPS, int KEY_WARPS>
static int32_t launch_width(lpk_device *device, const attention_arguments &arguments, int32_t width, int64_t requests) {
  switch (width) {
    case 32: return launch<32, ROW_WARPS, KEY_WARPS>(device, arguments, requests);
    case 64: return launch<64, ROW_WARPS, KEY_WARPS>(device, arguments, requests);
    case 128: return launch<128, ROW_WARPS, KEY_WARPS>(device, arguments, requests);
    default:
      return lpk_fail(LPK_UNSUPPORTED, "attention: a head_width of %d; the CUDA kernels know 32, 64 and 128", width);
  }
}

static attention_arguments common_arguments(lpk_device *device, const lpk_attention &a, lpk_view queries, lpk_view keys,
                                            lpk_view values, lpk_view output) {
  attention_arguments arguments = {};
  arguments.queries = elements<bf16>(queries);
  arguments.keys = elements<bf16>(keys);
  arguments.values = elements<bf16>(values);
  arguments.output = elements<bf16>(output);
  arguments.query_heads = a.query_heads;
  arguments.kv_heads = a.kv_heads;
  arguments.group = a.query_heads / a.kv_heads;
  arguments.window = a.window;
  arguments.slot_tokens = a.slot_tokens;
  arguments.scale = a.scale * 1.44269504088896341f;  // exp(x) = 2^(x / ln 2)
  arguments.splits = 1;
  arguments.fault = device->fault;
  return arguments;
}

extern "C" int32_t backend_prefill_attention(lpk_device *device, const void *operation) {
  const lpk_prefill_attention *p = static_cast<const lpk_prefill_attention *>(operation);
  if (p->tokens == 0) return LPK_OK;
  attention_arguments arguments =
      common_arguments(device, p->attention, p->queries, p->key_cache, p->value_cache, p->output);
  arguments.tokens = static_cast<int32_t>(p->tokens);
  arguments.past = static_cast<int32_t>(p->past);
  arguments.slot = static_cast<int32_t>(p->slot);
  return launch_width<4, 1>(device, arguments, p->attention.head_width, 1);
}

static int64_t slots_of(const lpk_attention &a, lpk_view cache) {
  return (cache.buffer->count - cache.offset) / (a.slot_tokens * a.kv_heads * a.head_width);
}

static int32_t slot_count(const lpk_attention &a, lpk_view keys, lpk_view values) {
  int64_t k = slots_of(a, keys), v = slots_of(a, values), least = k < v ? k : v;
  return least < INT32_MAX ? static_cast<int32_t>(least) : INT32_MAX;
}

// Enough splits to keep every multiprocessor busy three times over, none shorter than four tiles of keys.
static int32_t split_count(const lpk_device *device, const lpk_decode_attention *d) {
  int64_t context = d->longest_context;
  if (d->attention.window && d->attention.window < context) context = d->attention.window;
  int64_t wanted = ceiling(3 * device->common.capabilities.processors, d->requests * d->attention.kv_heads);
  int64_t most = ceiling(context, 4 * KEYS);
  return static_cast<int32_t>(wanted < most ? wanted : most);
}

extern "C" int32_t backend_decode_attention(lpk_device *device, const void *operation) {
  const lpk_decode_attention *d = static_cast<const lpk_decode_attention *>(operation);
  const lpk_attention &a = d->attention;
  if (d->requests == 0) return LPK_OK;
  if (d->requests > 65535)
    return lpk_fail(LPK_UNSUPPORTED, "decode_attention: %lld requests; the CUDA kernels know 65535 at most",
                    static_cast<long long>(d->requests));
  attention_arguments arguments = common_arguments(device, a, d->queries, d->key_cache, d->value_cache, d->output);
  arguments.slots = elements<int32_t>(d->slots);
  arguments.contexts = elements<int32_t>(d->contexts);
  arguments.slot_count = slot_count(a, d->key_cache, d->value_cache);
  arguments.longest_context = static_cast<int32_t>(d->longest_context);
  arguments.splits = split_count(device, d);
  int64_t heads = d->requests * a.query_heads;
  if (arguments.splits > 1) {
    void *partial = nullptr;
    size_t floats = static_cast<size_t>(heads) * arguments.splits * (a.head_width + 2);
    LPK_TRY(cuda_scratch(device, SCRATCH_PARTIAL, floats * 4, &partial));
    arguments.partial = static_cast<float *>(partial);
  }
  LPK_TRY((launch_width<1, 4>(device, arguments, a.head_width, d->requests)));
  if (arguments.splits == 1) return LPK_OK;
  LPK_LAUNCH(join_splits_kernel, static_cast<unsigned>(heads), a.head_width, 0, device->stream, arguments.partial,
             arguments.splits, a.head_width, arguments.output);
  CUDA_LAUNCHED();
  return LPK_OK;
}

static __global__ void cache_write_kernel(const bf16 *keys, const bf16 *values, const int32_t *slots,
                                          const int32_t *positions, int64_t slot_tokens, int32_t slot_count,
                                          int32_t width, bf16 *key_cache, bf16 *value_cache, int32_t *fault) {
  const int64_t token = blockIdx.x, slot = slots[token], position = positions[token];
  if (slot < 0 || slot >= slot_count || position < 0 || position >= slot_tokens) {
    if (threadIdx.x == 0) atomicCAS(fault, FAULT_NONE, FAULT_CACHE);
    return;
  }
  const int64_t at = (slot * slot_tokens + position) * width;
  for (int i = threadIdx.x; i < width; i += blockDim.x) {
    key_cache[at + i] = keys[token * width + i];
    value_cache[at + i] = values[token * width + i];
  }
}

extern "C" int32_t backend_cache_write(lpk_device *device, const void *operation) {
  const lpk_cache_write *w = static_cast<const lpk_cache_write *>(operation);
  const lpk_attention &a = w->attention;
  if (w->tokens == 0) return LPK_OK;
  LPK_LAUNCH(cache_write_kernel, static_cast<unsigned>(w->tokens), 128, 0, device->stream, elements<bf16>(w->keys),
             elements<bf16>(w->values), elements<int32_t>(w->slots), elements<int32_t>(w->positions), a.slot_tokens,
             slot_count(a, w->key_cache, w->value_cache), a.kv_heads * a.head_width, elements<bf16>(w->key_cache),
             elements<bf16>(w->value_cache), device->fault);
  CUDA_LAUNCHED();
  return LPK_OK;
}
