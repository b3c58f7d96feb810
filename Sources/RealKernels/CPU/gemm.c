// A dense product: panels of weight rows in parallel.
#include "cpu.h"

enum { PANEL = 256 };

struct product {
  lpk_device *device;
  const lpk_gemm *gemm;
  int64_t panel;  // columns of one piece
};

static void product_piece(void *context, int64_t piece, int worker) {
  const struct product *product = context;
  const lpk_gemm *g = product->gemm;
  int64_t first = piece * product->panel;
  int64_t columns = first + product->panel < g->columns ? product->panel : g->columns - first;
  int32_t dtype = g->weights.buffer->dtype;
  const char *weights = (const char *)lpk_data(g->weights) + (size_t)(first * g->inner) * lpk_element_bytes(dtype);
  cpu_panel(cpu_floats(g->input), g->rows, weights, dtype, columns, g->inner, cpu_floats(g->output) + first, g->columns,
            product->device->workers[worker].scratch, LPK_MOE_AUTOMATIC);
}

int32_t backend_gemm(lpk_device *device, const void *operation) {
  const lpk_gemm *g = operation;
  // As many panels for each thread, so that none waits for the last one.
  int64_t at_once = (int64_t)device->threads * PANEL;
  int64_t panels = (g->columns + at_once - 1) / at_once * device->threads;
  int64_t panel = (g->columns + panels - 1) / panels + 3;
  struct product product = {device, g, panel / 4 * 4};
  if (!cpu_worker_scratch(device, cpu_panel_scratch(product.panel, g->inner))) return cpu_no_memory("gemm");
  cpu_run(device, (g->columns + product.panel - 1) / product.panel, product_piece, &product);
  return LPK_OK;
}
