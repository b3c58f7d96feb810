import CKernels

/// The heads of an attention and the shape of its cache: [slots, slotTokens, kvHeads, headWidth], keys and values apart.
/// One request has one slot.
public struct AttentionShape: Hashable, Sendable {
  /// Query heads; a whole number of them shares each KV head.
  public var queryHeads: Int
  /// Heads of keys and values.
  public var kvHeads: Int
  /// Elements of a head.
  public var headWidth: Int
  /// How many tokens a token sees at most, itself included; nil means all.
  public var window: Int?
  /// The longest context that a slot holds.
  public var slotTokens: Int

  /// An attention of this shape.
  public init(queryHeads: Int, kvHeads: Int, headWidth: Int, window: Int? = nil, slotTokens: Int) {
    self.queryHeads = queryHeads
    self.kvHeads = kvHeads
    self.headWidth = headWidth
    self.window = window
    self.slotTokens = slotTokens
  }

  /// Elements of the keys (or of the values) of one slot.
  public var slotCount: Int { slotTokens * kvHeads * headWidth }
  /// What dot products are multiplied by: 1 / √headWidth.
  public var scale: Float { 1 / Float(headWidth).squareRoot() }

  var raw: lpk_attention {
    lpk_attention(
      query_heads: Int32(queryHeads), kv_heads: Int32(kvHeads), head_width: Int32(headWidth),
      window: Int32(window ?? 0), slot_tokens: Int64(slotTokens), scale: scale)
  }
}

/// Keys and values of one layer.
public struct KernelCache {
  /// [slots, slotTokens, kvHeads, headWidth].
  public var keys: KernelView
  /// The same shape.
  public var values: KernelView

  /// A cache in these places.
  public init(keys: KernelView, values: KernelView) {
    self.keys = keys
    self.values = values
  }
}

extension Kernels {
  /// Writes the keys and values of new tokens, [tokens, kvHeads, headWidth], into the cache: token i at `positions[i]`
  /// of `slots[i]`.
  public func writeCache(
    _ shape: AttentionShape, tokens: Int, keys: KernelView, values: KernelView, slots: KernelView,
    positions: KernelView, cache: KernelCache
  ) throws {
    var operation = lpk_cache_write(
      attention: shape.raw, tokens: Int64(tokens), keys: keys.raw, values: values.raw, slots: slots.raw,
      positions: positions.raw, key_cache: cache.keys.raw, value_cache: cache.values.raw)
    try check(api.cache_write(device, &operation))
  }

  /// Attention of one new token for each request. Its key and value are in the cache already and `contexts[i]` counts
  /// it; no context is longer than `longestContext`.
  public func decodeAttention(
    _ shape: AttentionShape, requests: Int, longestContext: Int, queries: KernelView, slots: KernelView,
    contexts: KernelView, cache: KernelCache, output: KernelView
  ) throws {
    var operation = lpk_decode_attention(
      attention: shape.raw, requests: Int64(requests), longest_context: Int64(longestContext), queries: queries.raw,
      output: output.raw, slots: slots.raw, contexts: contexts.raw, key_cache: cache.keys.raw,
      value_cache: cache.values.raw)
    try check(api.decode_attention(device, &operation))
  }

  /// Attention of new tokens of one request, each seeing `past` tokens and the new ones up to itself. Their keys and
  /// values are in the cache already.
  public func prefillAttention(
    _ shape: AttentionShape, tokens: Int, past: Int, slot: Int, queries: KernelView, cache: KernelCache,
    output: KernelView
  ) throws {
    var operation = lpk_prefill_attention(
      attention: shape.raw, tokens: Int64(tokens), past: Int64(past), slot: Int64(slot), queries: queries.raw,
      output: output.raw, key_cache: cache.keys.raw, value_cache: cache.values.raw)
    try check(api.prefill_attention(device, &operation))
  }
}
