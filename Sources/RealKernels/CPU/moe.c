// A mixture-of-experts layer. The (token, expert) pairs are sorted by expert; pieces of work are panels of one expert's
// weights, so experts run in parallel and few experts still feed many threads. The sum over a token's experts is taken
// in their order in the routing, whatever the number of threads.
#include "cpu.h"

enum { PANEL = 128 };

struct layer {
  lpk_device *device;
  const lpk_moe *moe;
  int64_t *begins;  // [experts + 1], of each expert's rows among the sorted
  int32_t *order;  // sorted row -> pair
  int32_t *active;  // experts that have rows
  int32_t active_count;
  float *rows;  // [pairs, hidden], gathered
  float *inner;  // [pairs, intermediate]
  float *outer;  // [pairs, hidden]
  int64_t panels;
};

static int32_t sort_pairs(struct layer *layer) {
  const lpk_moe *m = layer->moe;
  const int32_t *ids = cpu_integers(m->expert_ids);
  int64_t pairs = m->tokens * m->experts_per_token;
  memset(layer->begins, 0, sizeof(int64_t) * ((size_t)m->experts + 1));
  for (int64_t i = 0; i < pairs; i++) {
    if (ids[i] < 0 || ids[i] >= m->experts)
      return lpk_fail(LPK_INVALID_ARGUMENT, "moe: token %lld is sent to expert %d of %d",
                      (long long)(i / m->experts_per_token), ids[i], m->experts);
    layer->begins[ids[i] + 1]++;
  }
  layer->active_count = 0;
  for (int32_t e = 0; e < m->experts; e++) {
    if (layer->begins[e + 1] > 0) layer->active[layer->active_count++] = e;
    layer->begins[e + 1] += layer->begins[e];
  }
  // begins[e] is used as a cursor and moved back afterwards.
  for (int64_t i = 0; i < pairs; i++) layer->order[layer->begins[ids[i]]++] = (int32_t)i;
  for (int32_t e = m->experts; e > 0; e--) layer->begins[e] = layer->begins[e - 1];
  layer->begins[0] = 0;
  return LPK_OK;
}

static void gather_piece(void *context, int64_t piece, int worker) {
  (void)worker;
  const struct layer *layer = context;
  const lpk_moe *m = layer->moe;
  int64_t token = layer->order[piece] / m->experts_per_token;
  memcpy(layer->rows + piece * m->hidden, cpu_floats(m->input) + token * m->hidden, (size_t)m->hidden * sizeof(float));
}

// Rows of an expert's matrix from `first` on, as the buffer has them.
static const void *expert_weights(lpk_view weights, int64_t row, int64_t width) {
  return (const char *)lpk_data(weights) + (size_t)(row * width) * lpk_element_bytes(weights.buffer->dtype);
}

static void up_piece(void *context, int64_t piece, int worker) {
  const struct layer *layer = context;
  const lpk_moe *m = layer->moe;
  int32_t expert = layer->active[piece / layer->panels];
  int64_t first = piece % layer->panels * PANEL;
  int64_t columns = first + PANEL < m->intermediate ? PANEL : m->intermediate - first;
  int64_t begin = layer->begins[expert], rows = layer->begins[expert + 1] - begin;
  float *widened = layer->device->workers[worker].scratch;
  float *up = widened + cpu_panel_scratch(PANEL, m->hidden);
  int64_t gate_row = (int64_t)expert * 2 * m->intermediate + first;
  int32_t dtype = m->gate_up.buffer->dtype;
  const float *input = layer->rows + begin * m->hidden;
  float *gate = layer->inner + begin * m->intermediate + first;
  cpu_panel(input, rows, expert_weights(m->gate_up, gate_row, m->hidden), dtype, columns, m->hidden, gate,
            m->intermediate, widened, m->path);
  cpu_panel(input, rows, expert_weights(m->gate_up, gate_row + m->intermediate, m->hidden), dtype, columns, m->hidden,
            up, columns, widened, m->path);
  for (int64_t r = 0; r < rows; r++)
    for (int64_t c = 0; c < columns; c++)
      gate[r * m->intermediate + c] = cpu_silu(gate[r * m->intermediate + c]) * up[r * columns + c];
}

static void down_piece(void *context, int64_t piece, int worker) {
  const struct layer *layer = context;
  const lpk_moe *m = layer->moe;
  int32_t expert = layer->active[piece / layer->panels];
  int64_t first = piece % layer->panels * PANEL;
  int64_t columns = first + PANEL < m->hidden ? PANEL : m->hidden - first;
  int64_t begin = layer->begins[expert], rows = layer->begins[expert + 1] - begin;
  cpu_panel(layer->inner + begin * m->intermediate, rows,
            expert_weights(m->down, (int64_t)expert * m->hidden + first, m->intermediate), m->down.buffer->dtype,
            columns, m->intermediate, layer->outer + begin * m->hidden + first, m->hidden,
            layer->device->workers[worker].scratch, m->path);
}

static void scatter_piece(void *context, int64_t token, int worker) {
  (void)worker;
  const struct layer *layer = context;
  const lpk_moe *m = layer->moe;
  const float *weights = cpu_floats(m->expert_weights) + token * m->experts_per_token;
  const int32_t *places = layer->order + m->tokens * m->experts_per_token;  // pair -> sorted row
  float *output = cpu_floats(m->output) + token * m->hidden;
  memset(output, 0, (size_t)m->hidden * sizeof(float));
  for (int32_t j = 0; j < m->experts_per_token; j++) {
    const float *row = layer->outer + places[token * m->experts_per_token + j] * m->hidden;
    for (int64_t i = 0; i < m->hidden; i++) output[i] += weights[j] * row[i];
  }
}

// Lays the sort's tables out in one piece of scratch: begins, active experts, order and its inverse.
static bool make_tables(struct layer *layer) {
  const lpk_moe *m = layer->moe;
  size_t pairs = (size_t)(m->tokens * m->experts_per_token), experts = (size_t)m->experts;
  char *memory = cpu_scratch(layer->device, SCRATCH_SORT, (experts + 1) * 8 + experts * 4 + 2 * pairs * 4);
  if (!memory) return false;
  layer->begins = (int64_t *)memory;
  layer->active = (int32_t *)(memory + (experts + 1) * 8);
  layer->order = layer->active + experts;
  layer->rows = cpu_scratch(layer->device, SCRATCH_ROWS, pairs * (size_t)m->hidden * 4);
  layer->inner = cpu_scratch(layer->device, SCRATCH_HIDDEN, pairs * (size_t)m->intermediate * 4);
  layer->outer = cpu_scratch(layer->device, SCRATCH_EXPERT_OUTPUT, pairs * (size_t)m->hidden * 4);
  return layer->rows && layer->inner && layer->outer;
}

static int64_t most_rows(const struct layer *layer) {
  int64_t most = 0;
  for (int32_t e = 0; e < layer->moe->experts; e++) {
    int64_t rows = layer->begins[e + 1] - layer->begins[e];
    if (rows > most) most = rows;
  }
  return most;
}

int32_t backend_moe(lpk_device *device, const void *operation) {
  const lpk_moe *m = operation;
  struct layer layer = {.device = device, .moe = m};
  if (!make_tables(&layer)) return cpu_no_memory("moe");
  int32_t status = sort_pairs(&layer);
  if (status != LPK_OK) return status;
  int64_t pairs = m->tokens * m->experts_per_token;
  int32_t *places = layer.order + pairs;
  for (int64_t i = 0; i < pairs; i++) places[layer.order[i]] = (int32_t)i;
  int64_t widest = m->hidden > m->intermediate ? m->hidden : m->intermediate;
  size_t floats = cpu_panel_scratch(PANEL, widest) + (size_t)(most_rows(&layer) * PANEL);
  if (!cpu_worker_scratch(device, floats)) return cpu_no_memory("moe");
  cpu_run(device, pairs, gather_piece, &layer);
  layer.panels = (m->intermediate + PANEL - 1) / PANEL;
  cpu_run(device, layer.active_count * layer.panels, up_piece, &layer);
  layer.panels = (m->hidden + PANEL - 1) / PANEL;
  cpu_run(device, layer.active_count * layer.panels, down_piece, &layer);
  cpu_run(device, m->tokens, scatter_piece, &layer);
  return LPK_OK;
}
