// Attention of prefills and decodes: what is launched.
#include "attention.cuh"

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
