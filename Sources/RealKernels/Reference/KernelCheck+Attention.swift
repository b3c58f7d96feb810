import Base

extension KernelCheck {
  /// A cache of poison into which `contexts[i]` random keys and values of slot i are written by the kernel for that,
  /// and the same rounded as the cache holds them.
  mutating func cache(_ shape: AttentionShape, contexts: [Int]) throws -> CheckedCache {
    let width = shape.kvHeads * shape.headWidth
    let tokens = contexts.reduce(0, +)
    let keys = try random(activationType, tokens * width)
    let values = try random(activationType, tokens * width)
    let cached = CheckedCache(
      shape: shape, keys: try poisoned(cacheType, contexts.count * shape.slotCount),
      values: try poisoned(cacheType, contexts.count * shape.slotCount))
    let slots = contexts.enumerated().flatMap { slot, context in [Int32](repeating: Int32(slot), count: context) }
    let positions = contexts.flatMap { (0..<Int32($0)).map { $0 } }
    try kernels.writeCache(
      shape, tokens: tokens, keys: keys.all, values: values.all, slots: try KernelBuffer(kernels, slots).all,
      positions: try KernelBuffer(kernels, positions).all, cache: cached.views)
    try kernels.synchronize()
    return cached
  }

  /// Decode attention of one request for each context, the requests in slots of the opposite order.
  public mutating func decodeAttention(_ shape: AttentionShape, contexts: [Int]) throws -> Double {
    let cached = try cache(shape, contexts: contexts)
    let width = shape.queryHeads * shape.headWidth
    let queries = try random(activationType, contexts.count * width, scale: 2)
    let output = try poisoned(activationType, contexts.count * width)
    let slots = contexts.indices.reversed().map { Int32($0) }
    try kernels.decodeAttention(
      shape, requests: contexts.count, longestContext: contexts.max() ?? 1, queries: queries.all,
      slots: try KernelBuffer(kernels, slots).all,
      contexts: try KernelBuffer(kernels, contexts.reversed().map { Int32($0) }).all, cache: cached.views,
      output: output.all)
    var worst = 0.0
    for (request, slot) in slots.enumerated() {
      let right = try cached.attention(
        of: try queries.row(request, width: width), slot: Int(slot), position: contexts[Int(slot)] - 1)
      let found = try output.download(request * width..<(request + 1) * width)
      let what = describe("decode attention \(shape), context \(contexts[Int(slot)])")
      worst = max(worst, try tolerance.compare(found, with: right, what))
    }
    return worst
  }

  /// Prefill attention of new tokens of the request in the second of two slots; a few tokens of it.
  public mutating func prefillAttention(
    _ shape: AttentionShape, tokens: Int, past: Int, sampled: Int = 8
  ) throws -> Double {
    let cached = try cache(shape, contexts: [1, past + tokens])
    let width = shape.queryHeads * shape.headWidth
    let queries = try random(activationType, tokens * width, scale: 2)
    let output = try poisoned(activationType, tokens * width)
    try kernels.prefillAttention(
      shape, tokens: tokens, past: past, slot: 1, queries: queries.all, cache: cached.views, output: output.all)
    var worst = 0.0
    for token in spread(tokens, sampled) {
      let right = try cached.attention(of: try queries.row(token, width: width), slot: 1, position: past + token)
      let found = try output.download(token * width..<(token + 1) * width)
      let what = describe("prefill attention \(shape), past \(past), token \(token)")
      worst = max(worst, try tolerance.compare(found, with: right, what))
    }
    return worst
  }
}

/// A cache on the device, and what the reference makes of it.
struct CheckedCache {
  var shape: AttentionShape
  var keys: KernelBuffer
  var values: KernelBuffer

  var views: KernelCache { KernelCache(keys: keys.all, values: values.all) }

  /// Attention of all query heads of the token at a position of a slot.
  func attention(of queries: [Double], slot: Int, position: Int) throws -> [Double] {
    let first = shape.window.map { max(0, position - $0 + 1) } ?? 0
    let width = shape.kvHeads * shape.headWidth
    let range = slot * shape.slotCount + first * width..<slot * shape.slotCount + (position + 1) * width
    let (keys, values) = (try keys.doubles(range), try values.doubles(range))
    return (0..<shape.queryHeads).flatMap { head in
      let kvHead = head / (shape.queryHeads / shape.kvHeads)
      func rows(_ all: [Double]) -> [[Double]] {
        (0...(position - first)).map { token in
          let at = token * width + kvHead * shape.headWidth
          return Array(all[at..<at + shape.headWidth])
        }
      }
      let query = Array(queries[head * shape.headWidth..<(head + 1) * shape.headWidth])
      return Reference.attention(query: query, keys: rows(keys), values: rows(values), scale: Double(shape.scale))
    }
  }
}
