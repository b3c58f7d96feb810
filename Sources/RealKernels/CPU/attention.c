// Attention, one pass over the keys (Dao et al., FlashAttention, 2022): a tile of query rows keeps its largest score,
// the sum of its exponentials and its weighted values, and rescales them when a later key scores higher. Rows are
// (token, query head) pairs that share a KV head, so that a tile of keys is widened once for all of them.
#include "cpu.h"

enum { KEYS = 64, PREFILL_ROWS = 128, SPLIT = 1024 };

// Far below any score, and finite, so that no difference of two is a NaN.
#define NOTHING (-1e30f)

// What a tile of rows keeps, in its worker's scratch.
struct tile {
  const lpk_attention *attention;
  const void *keys, *values;  // of the slot and KV head; tokens are `step` elements apart
  int32_t dtype;
  int64_t step;
  int64_t rows, group;  // row r is of token first + r / group
  int64_t first;  // the position of the first row's token
  float *queries, *output;  // [rows, width]; queries are scaled
  float *highest, *total;  // [rows]
  float *scores;  // [rows, KEYS]
  float *key_tile, *value_tile;  // [KEYS, width]
};

static size_t tile_floats(int64_t rows, int64_t width) {
  return (size_t)(2 * rows * width + 2 * rows + rows * KEYS + 2 * KEYS * width);
}

static void lay_out(struct tile *tile, float *memory, int64_t rows) {
  int64_t width = tile->attention->head_width;
  tile->rows = rows;
  tile->queries = memory;
  tile->output = tile->queries + rows * width;
  tile->scores = tile->output + rows * width;
  tile->key_tile = tile->scores + rows * KEYS;
  tile->value_tile = tile->key_tile + KEYS * width;
  tile->highest = tile->value_tile + KEYS * width;
  tile->total = tile->highest + rows;
}

// Points a tile at one KV head of a slot.
static void point(struct tile *tile, lpk_view keys, lpk_view values, int64_t slot, int64_t head) {
  const lpk_attention *a = tile->attention;
  size_t element = lpk_element_bytes(keys.buffer->dtype);
  tile->step = (int64_t)a->kv_heads * a->head_width;
  size_t at = (size_t)(slot * a->slot_tokens * tile->step + head * a->head_width) * element;
  tile->keys = (const char *)lpk_data(keys) + at;
  tile->values = (const char *)lpk_data(values) + at;
  tile->dtype = keys.buffer->dtype;
}

// Hides the scores a row must not see, then takes the rest into its running sums.
static void take_scores(struct tile *tile, int64_t row, int64_t begin, int64_t count) {
  const lpk_attention *a = tile->attention;
  float *scores = tile->scores + row * KEYS;
  int64_t position = tile->first + row / tile->group;
  int64_t earliest = a->window && position - a->window + 1 > 0 ? position - a->window + 1 : 0;
  int64_t from = earliest > begin ? earliest - begin : 0, to = position + 1 - begin < count ? position + 1 - begin : count;
  float highest = from < to ? cpu_largest(scores + from, to - from, tile->highest[row]) : tile->highest[row];
  float factor = cpu_exp(tile->highest[row] - highest);
  for (int64_t j = 0; j < count; j++) scores[j] = j < from || j >= to ? 0.0f : cpu_exp(scores[j] - highest);
  tile->highest[row] = highest;
  tile->total[row] = tile->total[row] * factor + cpu_total(scores, count);
  float *output = tile->output + row * a->head_width;
  if (factor != 1.0f)
    for (int32_t i = 0; i < a->head_width; i++) output[i] *= factor;
}

// One tile of keys, from position `begin` on.
static void take_keys(struct tile *tile, int64_t begin, int64_t count) {
  int64_t width = tile->attention->head_width;
  for (int64_t j = 0; j < count; j++) {
    int64_t at = (begin + j) * tile->step;
    cpu_widen(tile->keys, tile->dtype, at, width, tile->key_tile + j * width);
    cpu_widen(tile->values, tile->dtype, at, width, tile->value_tile + j * width);
  }
  cpu_skinny(tile->queries, tile->rows, tile->key_tile, LPK_F32, count, width, tile->scores, KEYS);
  for (int64_t r = 0; r < tile->rows; r++) take_scores(tile, r, begin, count);
  cpu_weighted_sums(tile->scores, tile->rows, KEYS, tile->value_tile, count, width, tile->output);
}

// All keys at begin ..< end that any row may see. The queries must be in place.
static void attend(struct tile *tile, int64_t begin, int64_t end) {
  const lpk_attention *a = tile->attention;
  for (int64_t r = 0; r < tile->rows; r++) {
    tile->highest[r] = NOTHING;
    tile->total[r] = 0;
  }
  memset(tile->output, 0, (size_t)(tile->rows * a->head_width) * sizeof(float));
  int64_t last = tile->first + (tile->rows - 1) / tile->group + 1;
  if (a->window && tile->first - a->window + 1 > begin) begin = tile->first - a->window + 1;
  if (last < end) end = last;
  for (int64_t k = begin; k < end; k += KEYS) take_keys(tile, k, end - k < KEYS ? end - k : KEYS);
}

static void scale_into(float *target, const float *source, int32_t width, float factor) {
  for (int32_t i = 0; i < width; i++) target[i] = source[i] * factor;
}

// --- Prefill ---

struct prefill {
  lpk_device *device;
  const lpk_prefill_attention *operation;
  int64_t tile_tokens, tiles;
};

static void prefill_piece(void *context, int64_t piece, int worker) {
  const struct prefill *prefill = context;
  const lpk_prefill_attention *p = prefill->operation;
  const lpk_attention *a = &p->attention;
  // The last tokens see the most, so they begin.
  int64_t token = (prefill->tiles - 1 - piece / a->kv_heads) * prefill->tile_tokens, head = piece % a->kv_heads;
  int64_t tokens = token + prefill->tile_tokens < p->tokens ? prefill->tile_tokens : p->tokens - token;
  struct tile tile = {.attention = a, .group = a->query_heads / a->kv_heads, .first = p->past + token};
  lay_out(&tile, prefill->device->workers[worker].scratch, tokens * tile.group);
  point(&tile, p->key_cache, p->value_cache, p->slot, head);
  int64_t width = a->head_width;
  for (int64_t r = 0; r < tile.rows; r++) {
    int64_t at = ((token + r / tile.group) * a->query_heads + head * tile.group + r % tile.group) * width;
    scale_into(tile.queries + r * width, cpu_floats(p->queries) + at, a->head_width, a->scale);
  }
  attend(&tile, 0, p->past + p->tokens);
  for (int64_t r = 0; r < tile.rows; r++) {
    int64_t at = ((token + r / tile.group) * a->query_heads + head * tile.group + r % tile.group) * width;
    scale_into(cpu_floats(p->output) + at, tile.output + r * width, a->head_width, 1.0f / tile.total[r]);
  }
}

int32_t backend_prefill_attention(lpk_device *device, const void *operation) {
  const lpk_prefill_attention *p = operation;
  const lpk_attention *a = &p->attention;
  int64_t group = a->query_heads / a->kv_heads;
  struct prefill prefill = {device, p, PREFILL_ROWS / group ? PREFILL_ROWS / group : 1, 0};
  prefill.tiles = (p->tokens + prefill.tile_tokens - 1) / prefill.tile_tokens;
  if (!cpu_worker_scratch(device, tile_floats(prefill.tile_tokens * group, a->head_width)))
    return cpu_no_memory("prefill_attention");
  cpu_run(device, prefill.tiles * a->kv_heads, prefill_piece, &prefill);
  return LPK_OK;
}

// --- Decode: long contexts are cut into splits, whose results are put together at the end ---

struct decode {
  lpk_device *device;
  const lpk_decode_attention *operation;
  int64_t splits;
  float *partial;  // [requests, kv_heads, splits, group, width + 2]: weighted values, highest score, sum
};

static float *partial_of(const struct decode *decode, int64_t request, int64_t head, int64_t split) {
  const lpk_attention *a = &decode->operation->attention;
  int64_t group = a->query_heads / a->kv_heads;
  return decode->partial + ((request * a->kv_heads + head) * decode->splits + split) * group * (a->head_width + 2);
}

static void decode_piece(void *context, int64_t piece, int worker) {
  const struct decode *decode = context;
  const lpk_decode_attention *d = decode->operation;
  const lpk_attention *a = &d->attention;
  int64_t split = piece % decode->splits, head = piece / decode->splits % a->kv_heads;
  int64_t request = piece / decode->splits / a->kv_heads, width = a->head_width;
  struct tile tile = {.attention = a, .group = a->query_heads / a->kv_heads};
  tile.first = cpu_integers(d->contexts)[request] - 1;
  lay_out(&tile, decode->device->workers[worker].scratch, tile.group);
  point(&tile, d->key_cache, d->value_cache, cpu_integers(d->slots)[request], head);
  const float *queries = cpu_floats(d->queries) + (request * a->query_heads + head * tile.group) * width;
  scale_into(tile.queries, queries, (int32_t)(tile.group * width), a->scale);
  attend(&tile, split * SPLIT, (split + 1) * SPLIT);
  float *partial = partial_of(decode, request, head, split);
  for (int64_t r = 0; r < tile.group; r++, partial += width + 2) {
    memcpy(partial, tile.output + r * width, (size_t)width * sizeof(float));
    partial[width] = tile.highest[r];
    partial[width + 1] = tile.total[r];
  }
}

static void combine_piece(void *context, int64_t piece, int worker) {
  (void)worker;
  const struct decode *decode = context;
  const lpk_decode_attention *d = decode->operation;
  const lpk_attention *a = &d->attention;
  int64_t request = piece / a->query_heads, query_head = piece % a->query_heads, width = a->head_width;
  int64_t group = a->query_heads / a->kv_heads, head = query_head / group;
  float *output = cpu_floats(d->output) + piece * width;
  float highest = NOTHING, total = 0;
  for (int64_t s = 0; s < decode->splits; s++) {
    const float *part = partial_of(decode, request, head, s) + query_head % group * (width + 2);
    highest = part[width] > highest ? part[width] : highest;
  }
  memset(output, 0, (size_t)width * sizeof(float));
  for (int64_t s = 0; s < decode->splits; s++) {
    const float *part = partial_of(decode, request, head, s) + query_head % group * (width + 2);
    float factor = cpu_exp(part[width] - highest);
    total += factor * part[width + 1];
    for (int64_t i = 0; i < width; i++) output[i] += factor * part[i];
  }
  for (int64_t i = 0; i < width; i++) output[i] /= total;
}

int32_t backend_decode_attention(lpk_device *device, const void *operation) {
  const lpk_decode_attention *d = operation;
  const lpk_attention *a = &d->attention;
  for (int64_t i = 0; i < d->requests; i++) {
    int32_t context = cpu_integers(d->contexts)[i];
    int32_t status = cpu_check_slot(a, d->key_cache, d->value_cache, cpu_integers(d->slots)[i]);
    if (status != LPK_OK) return status;
    if (context < 1 || context > d->longest_context)
      return lpk_fail(LPK_INVALID_ARGUMENT, "decode_attention: a context of %d; expected 1 to %lld", context,
                      (long long)d->longest_context);
  }
  struct decode decode = {.device = device, .operation = d, .splits = (d->longest_context + SPLIT - 1) / SPLIT};
  size_t rows = (size_t)(d->requests * a->query_heads * decode.splits);
  decode.partial = cpu_scratch(device, SCRATCH_PARTIAL, rows * (size_t)(a->head_width + 2) * sizeof(float));
  if (!decode.partial || !cpu_worker_scratch(device, tile_floats(a->query_heads / a->kv_heads, a->head_width)))
    return cpu_no_memory("decode_attention");
  cpu_run(device, d->requests * a->kv_heads * decode.splits, decode_piece, &decode);
  cpu_run(device, d->requests * a->query_heads, combine_piece, &decode);
  return LPK_OK;
}
