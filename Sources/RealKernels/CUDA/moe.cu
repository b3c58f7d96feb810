// A mixture-of-experts layer: sort the (token, expert) pairs by expert, two grouped products, weighted sum.
#include "routing.cuh"

// Mean rows of an expert from which on an automatic layer goes through cuBLAS.
enum { LIBRARY_ROWS = 256 };

struct layer {
  lpk_device *device;
  const lpk_moe *moe;
  sorted_pairs sorted;
  int32_t pairs, tile_rows, most_tiles;
  bf16 *inner, *outer;
};

static int32_t sort_layer(layer *l) {
  const lpk_moe *m = l->moe;
  size_t integers = static_cast<size_t>(m->experts) + 2 + 2 * static_cast<size_t>(l->pairs);
  void *memory = nullptr;
  LPK_TRY(cuda_scratch(l->device, SCRATCH_SORT, (integers + 3 * static_cast<size_t>(l->most_tiles)) * 4, &memory));
  l->sorted.begins = static_cast<int32_t *>(memory);
  l->sorted.tile_count = l->sorted.begins + m->experts + 1;
  l->sorted.order = l->sorted.tile_count + 1;
  l->sorted.places = l->sorted.order + l->pairs;
  l->sorted.tiles = reinterpret_cast<expert_tile *>(l->sorted.places + l->pairs);
  LPK_LAUNCH(sort_kernel, 1, MOST_EXPERTS, 0, l->device->stream, elements<int32_t>(m->expert_ids), l->pairs, m->experts,
             l->tile_rows, l->sorted, l->device->fault);
  CUDA_LAUNCHED();
  return LPK_OK;
}

template <int ROWS, int COLUMNS, int STAGES, int WARP_ROWS, int WARP_COLUMNS, bool GATED>
static int32_t launch_grouped(const layer &l, const grouped_arguments &arguments) {
  constexpr int outputs = GATED ? COLUMNS / 2 : COLUMNS, bytes = grouped_shared_bytes<ROWS, COLUMNS, STAGES>();
  auto kernel = grouped_kernel<ROWS, COLUMNS, STAGES, WARP_ROWS, WARP_COLUMNS, GATED>;
  CUDA_TRY(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, bytes));
  dim3 grid(static_cast<unsigned>(l.most_tiles), static_cast<unsigned>(ceiling(arguments.columns, outputs)));
  LPK_LAUNCH(kernel, grid, 32 * WARP_ROWS * WARP_COLUMNS, bytes, l.device->stream, arguments);
  CUDA_LAUNCHED();
  return LPK_OK;
}

// Tiles of 16 rows stream weights; tiles of 64 and 128 rows use each weight often enough to be bound by arithmetic.
template <bool GATED>
static int32_t grouped_product(const layer &l, const grouped_arguments &arguments) {
  if (l.tile_rows == 16) return launch_grouped<16, 64, 6, 1, 4, GATED>(l, arguments);
  if (l.tile_rows == 64) return launch_grouped<64, 128, 4, 2, 2, GATED>(l, arguments);
  return launch_grouped<128, 128, 3, 2, 2, GATED>(l, arguments);
}

static int32_t own_products(layer *l) {
  const lpk_moe *m = l->moe;
  grouped_arguments up = {elements<bf16>(m->input), l->sorted.order, m->experts_per_token, elements<bf16>(m->gate_up),
                          l->inner, static_cast<int32_t>(m->intermediate), static_cast<int32_t>(m->hidden),
                          l->sorted.tiles, l->sorted.tile_count};
  LPK_TRY(grouped_product<true>(*l, up));
  grouped_arguments down = {l->inner, nullptr, 1, elements<bf16>(m->down), l->outer, static_cast<int32_t>(m->hidden),
                            static_cast<int32_t>(m->intermediate), l->sorted.tiles, l->sorted.tile_count};
  return grouped_product<false>(*l, down);
}

// --- Through cuBLAS. It wants the sizes on the CPU, so the sort's result is waited for. ---

enum { ARRAYS = 6 };  // of addresses on the GPU: weights, input and output of two products

struct grouped_call {
  int32_t active;
  int32_t rows[MOST_EXPERTS], experts[MOST_EXPERTS], begins[MOST_EXPERTS];
};

static int32_t fetch_groups(layer *l, grouped_call *call) {
  int32_t experts = l->moe->experts;
  lpk_device *device = l->device;
  size_t bytes = sizeof(int32_t) * (static_cast<size_t>(experts) + 1);
  LPK_TRY(cuda_host_memory(device, bytes));
  CUDA_TRY(cudaMemcpyAsync(device->host, l->sorted.begins, bytes, cudaMemcpyDeviceToHost, device->stream));
  CUDA_TRY(cudaStreamSynchronize(device->stream));
  device->waited = true;
  call->active = 0;
  for (int32_t e = 0; e < experts; e++) {
    int32_t rows = device->host[e + 1] - device->host[e];
    if (rows == 0) continue;
    call->rows[call->active] = rows;
    call->begins[call->active] = device->host[e];
    call->experts[call->active++] = e;
  }
  return LPK_OK;
}

struct blas_product {
  const bf16 *weights, *input;
  bf16 *output;
  int columns, inner;
};

// Writes the addresses of a product's groups into the pinned memory at array `first` and the two after it. What was
// uploaded from there before is on the GPU: groups are fetched, and waited for, in between.
static void lay_addresses(const layer &l, const grouped_call &call, const blas_product &product, int first) {
  const void **addresses = l.device->addresses + first * MOST_EXPERTS;
  int64_t matrix = static_cast<int64_t>(product.columns) * product.inner;
  for (int32_t i = 0; i < call.active; i++) {
    addresses[i] = product.weights + call.experts[i] * matrix;
    addresses[MOST_EXPERTS + i] = product.input + static_cast<int64_t>(call.begins[i]) * product.inner;
    addresses[2 * MOST_EXPERTS + i] = product.output + static_cast<int64_t>(call.begins[i]) * product.columns;
  }
}

static int32_t call_blas(const layer &l, const grouped_call &call, const blas_product &product, void **addresses) {
  float ones[MOST_EXPERTS], zeros[MOST_EXPERTS];
  cublasOperation_t transposed[MOST_EXPERTS], plain[MOST_EXPERTS];
  int columns[MOST_EXPERTS], inner[MOST_EXPERTS], sizes[MOST_EXPERTS];
  for (int32_t i = 0; i < call.active; i++) {
    ones[i] = 1;
    zeros[i] = 0;
    transposed[i] = CUBLAS_OP_T;
    plain[i] = CUBLAS_OP_N;
    columns[i] = product.columns;
    inner[i] = product.inner;
    sizes[i] = 1;
  }
  cublasStatus_t status = l.device->blas_functions_.grouped(
      l.device->blas, transposed, plain, columns, call.rows, inner, ones, addresses, CUDA_R_16BF, inner,
      addresses + MOST_EXPERTS, CUDA_R_16BF, inner, zeros, addresses + 2 * MOST_EXPERTS, CUDA_R_16BF, columns,
      call.active, sizes, CUBLAS_COMPUTE_32F);
  if (status == CUBLAS_STATUS_SUCCESS) return LPK_OK;
  return lpk_fail(LPK_UNSUPPORTED, "cublasGemmGroupedBatchedEx of %d experts failed with status %d", call.active,
                  static_cast<int>(status));
}

static int32_t library_products(layer *l) {
  const lpk_moe *m = l->moe;
  cudaStream_t stream = l->device->stream;
  int32_t hidden = static_cast<int32_t>(m->hidden), intermediate = static_cast<int32_t>(m->intermediate);
  size_t pairs = static_cast<size_t>(l->pairs), address_bytes = ARRAYS * MOST_EXPERTS * sizeof(void *);
  void *rows = nullptr, *both = nullptr, *addresses = nullptr;
  LPK_TRY(cuda_scratch(l->device, SCRATCH_ROWS, pairs * m->hidden * 2, &rows));
  LPK_TRY(cuda_scratch(l->device, SCRATCH_BOTH, pairs * m->intermediate * 4, &both));
  LPK_TRY(cuda_scratch(l->device, SCRATCH_PARTIAL, address_bytes, &addresses));
  if (!l->device->addresses)
    CUDA_TRY(cudaHostAlloc(reinterpret_cast<void **>(&l->device->addresses), address_bytes, cudaHostAllocDefault));
  LPK_LAUNCH(gather_kernel, static_cast<unsigned>(l->pairs), 256, 0, stream, elements<bf16>(m->input), l->sorted.order,
             m->experts_per_token, hidden, static_cast<bf16 *>(rows));
  CUDA_LAUNCHED();
  grouped_call call;
  LPK_TRY(fetch_groups(l, &call));
  blas_product up = {elements<bf16>(m->gate_up), static_cast<bf16 *>(rows), static_cast<bf16 *>(both), 2 * intermediate,
                     hidden};
  blas_product down = {elements<bf16>(m->down), l->inner, l->outer, hidden, intermediate};
  lay_addresses(*l, call, up, 0);
  lay_addresses(*l, call, down, 3);
  CUDA_TRY(cudaMemcpyAsync(addresses, l->device->addresses, address_bytes, cudaMemcpyHostToDevice, stream));
  LPK_TRY(call_blas(*l, call, up, static_cast<void **>(addresses)));
  LPK_LAUNCH(gate_kernel, static_cast<unsigned>(l->pairs), 256, 0, stream, static_cast<bf16 *>(both), intermediate,
             l->inner);
  CUDA_LAUNCHED();
  return call_blas(*l, call, down, static_cast<void **>(addresses) + 3 * MOST_EXPERTS);
}

static int32_t check_sizes(const lpk_device *device, const lpk_moe *m) {
  if (m->hidden % 8 || m->intermediate % 8)
    return lpk_fail(LPK_UNSUPPORTED, "moe: hidden %lld and intermediate %lld; the CUDA kernels need multiples of 8",
                    static_cast<long long>(m->hidden), static_cast<long long>(m->intermediate));
  for (lpk_view view : {m->input, m->gate_up, m->down, m->output})
    if (reinterpret_cast<uintptr_t>(lpk_data(view)) % 16)
      return lpk_fail(LPK_UNSUPPORTED, "moe: an operand does not begin at a multiple of 16 bytes, as CUDA's kernels need");
  if (m->experts > MOST_EXPERTS)
    return lpk_fail(LPK_UNSUPPORTED, "moe: %d experts; the CUDA kernels know %d at most", m->experts, MOST_EXPERTS);
  if (m->path == LPK_MOE_LIBRARY && !device->blas_functions_.grouped)
    return lpk_fail(LPK_UNSUPPORTED, "moe: this cuBLAS has no grouped products; they came with CUDA 12.5");
  return LPK_OK;
}

// Where the choice is ours, our own kernels do what cuBLAS refuses, then and from then on.
static int32_t products(layer *l) {
  const lpk_moe *m = l->moe;
  blas_functions *blas = &l->device->blas_functions_;
  if (m->path == LPK_MOE_LIBRARY) return library_products(l);
  if (m->path != LPK_MOE_AUTOMATIC || !blas->grouped || l->pairs / m->experts < LIBRARY_ROWS) return own_products(l);
  int32_t status = library_products(l);
  if (status != LPK_UNSUPPORTED) return status;
  blas->grouped = nullptr;
  return own_products(l);
}

extern "C" int32_t backend_moe(lpk_device *device, const void *operation) {
  const lpk_moe *m = static_cast<const lpk_moe *>(operation);
  LPK_TRY(check_sizes(device, m));
  if (m->tokens == 0) return LPK_OK;
  layer l = {};
  l.device = device;
  l.moe = m;
  l.pairs = static_cast<int32_t>(m->tokens * m->experts_per_token);
  int32_t mean = l.pairs / m->experts;
  l.tile_rows = mean < 16 ? 16 : mean < 96 ? 64 : 128;
  l.most_tiles = l.pairs / l.tile_rows + (m->experts < l.pairs ? m->experts : l.pairs);
  void *inner = nullptr, *outer = nullptr;
  LPK_TRY(cuda_scratch(device, SCRATCH_INNER, static_cast<size_t>(l.pairs) * m->intermediate * 2, &inner));
  LPK_TRY(cuda_scratch(device, SCRATCH_OUTER, static_cast<size_t>(l.pairs) * m->hidden * 2, &outer));
  l.inner = static_cast<bf16 *>(inner);
  l.outer = static_cast<bf16 *>(outer);
  LPK_TRY(sort_layer(&l));
  LPK_TRY(products(&l));
  LPK_LAUNCH(combine_kernel, static_cast<unsigned>(m->tokens), 256, 0, device->stream, l.outer, l.sorted.places,
             elements<float>(m->expert_weights), m->experts_per_token, static_cast<int32_t>(m->hidden),
             elements<bf16>(m->output));
  CUDA_LAUNCHED();
  return LPK_OK;
}
