import Base
import HardwareModels

extension KernelTable.Row {
  private func window() throws -> Int? {
    let window = try number("window_size")
    guard window > 0 else { return nil }
    guard let tokens = Int(exactly: window) else { throw error("window_size", "\(window) is not a whole number") }
    return tokens
  }

  private func shape() throws -> (heads: Int, kvHeads: Int, headDim: Int) {
    (try count("num_heads"), try count("num_key_value_heads"), try count("head_dim"))
  }

  private func series(_ window: Int?) throws -> String {
    let shape = try shape()
    let seen = window.map { ", window \($0)" } ?? ""
    return "\(shape.heads) heads, \(shape.kvHeads) KV heads of \(shape.headDim)\(seen)"
  }

  /// Attention of `batch_size` prompts, each with `isl` new tokens behind `step` others.
  func prefill() throws -> Measurement {
    let (batch, window, shape) = (try count("batch_size"), try window(), try shape())
    let one = PrefillWork(tokens: try count("isl"), past: try count("step", from: 0), window: window)
    let pairs = batch * (window == nil ? one.attendedPairs : one.windowedPairs)
    let work = PrefillAttention(
      tokens: batch * one.tokens, pairs: pairs,
      cachedTokens: batch * (window == nil ? one.cachedTokensRead : one.windowedTokensRead), heads: shape.heads,
      kvHeads: shape.kvHeads, headDim: shape.headDim)
    let moved = work.tokens * shape.heads + work.cachedTokens * shape.kvHeads
    let series = try series(window)
    return Measurement(
      family: .prefill, work: .prefillAttention(work), format: .bf16, headDim: shape.headDim, seconds: try seconds(),
      model: "", size: Double(one.tokens), series: "\(series), \(batch) prompts",
      flops: 4 * Double(pairs) * Double(shape.heads * shape.headDim), bytes: 4 * Double(moved) * Double(shape.headDim),
      label: "\(series), \(batch) prompts of \(one.tokens)")
  }

  /// Attention of `batch_size` requests, each with one new token behind `step` others.
  func decode() throws -> Measurement {
    let (batch, window, shape) = (try count("batch_size"), try window(), try shape())
    let context = 1 + (try count("step", from: 0))
    let seen = min(context, window ?? context)
    let work = DecodeAttention(
      requests: batch, contextTokens: batch * seen, kvHeads: shape.kvHeads, headDim: shape.headDim)
    let series = try series(window)
    return Measurement(
      family: .decode, work: .decodeAttention(work), format: .bf16, headDim: shape.headDim, seconds: try seconds(),
      model: "", size: Double(context), series: "\(series), \(batch) requests",
      flops: 4 * Double(work.contextTokens) * Double(shape.heads * shape.headDim),
      bytes: 4 * Double(work.contextTokens) * Double(shape.kvHeads * shape.headDim),
      label: "\(series), \(batch) requests at \(context)")
  }
}
