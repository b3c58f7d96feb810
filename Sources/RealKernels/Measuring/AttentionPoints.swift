import Base
import HardwareModels

/// Attention of one new token for each of some requests with equal contexts.
public struct DecodePoint: SurveyPoint {
  /// The heads on one GPU; a slot is one context long.
  public let shape: AttentionShape
  /// Requests.
  public let requests: Int

  /// So many requests with contexts that fill the shape's slots.
  public init(_ shape: AttentionShape, requests: Int) {
    self.shape = shape
    self.requests = requests
  }

  /// What it is called.
  public var label: String { "\(series) requests \(requests) context \(shape.slotTokens)" }
  /// Everything but requests and context.
  public var series: String { "decode attention \(shape.title)" }

  /// 4 d for each query head and key; every key and value that is seen once, two bytes each.
  public var work: SurveyWork {
    let keys = Double(requests * min(shape.slotTokens, shape.window ?? shape.slotTokens))
    let queries = Double(shape.queryHeads * shape.headWidth)
    return SurveyWork(
      flops: Flops(4 * keys * queries),
      bytes: Bytes(4 * keys * Double(shape.kvHeads * shape.headWidth) + 4 * Double(requests) * queries))
  }

  /// A slot for each request.
  public var needs: SurveyNeeds {
    let width = shape.queryHeads * shape.headWidth * requests
    return SurveyNeeds(inputs: width, outputs: width, keys: requests * shape.slotCount)
  }
}

extension DecodePoint {
  /// By its heads.
  public var checkName: String { series }

  /// Short and long contexts together.
  public func check(_ check: inout KernelCheck) throws {
    var small = shape
    small.slotTokens = 700
    _ = try check.decodeAttention(small, contexts: [1, 63, 700])
  }

  /// In each pass the cache lies elsewhere.
  public func program(on bench: SurveyBench, pass: Int) throws -> KernelProgram {
    let slots = try KernelBuffer(bench.kernels, (0..<Int32(requests)).map { $0 })
    let contexts = try KernelBuffer(bench.kernels, [Int32](repeating: Int32(shape.slotTokens), count: requests))
    let cache = bench.cache(of: needs.keys, pass: pass)
    return try bench.record(keeping: [slots, contexts]) {
      try bench.kernels.decodeAttention(
        shape, requests: requests, longestContext: shape.slotTokens, queries: bench.inputs.all, slots: slots.all,
        contexts: contexts.all, cache: cache, output: bench.outputs.all)
    }
  }

  /// Where its time is written.
  public var table: SurveyTable { .decodeAttention }

  /// Its row there.
  public func row(_ times: SampleSpread, on machine: SurveyMachine) -> [String] {
    shape.row(machine, "decode_attention", [requests, 1, shape.slotTokens - 1], times)
  }
}

/// Attention of new tokens of one request after some past ones.
public struct PrefillPoint: SurveyPoint {
  /// The heads on one GPU; a slot has the past and the new tokens.
  public let shape: AttentionShape
  /// New tokens.
  public let tokens: Int
  /// Tokens before them.
  public var past: Int { shape.slotTokens - tokens }

  /// So many new tokens at the end of a slot of the shape.
  public init(_ shape: AttentionShape, tokens: Int) {
    precondition(tokens <= shape.slotTokens, "new tokens fit into their slot")
    self.shape = shape
    self.tokens = tokens
  }

  /// What it is called.
  public var label: String { "\(series) tokens \(tokens) past \(past)" }
  /// Everything but tokens and past.
  public var series: String { "prefill attention \(shape.title)" }

  /// Pairs of a new token and one it sees.
  private var pairs: Double {
    guard let window = shape.window else { return Double(tokens) * (Double(past) + Double(tokens + 1) / 2) }
    return (past..<past + tokens).reduce(0) { $0 + Double(min($1 + 1, window)) }
  }

  /// 4 d for each query head and pair; every key and value that is seen once, two bytes each.
  public var work: SurveyWork {
    let seen = shape.window.map { min(past, $0) } ?? past
    let width = Double(shape.headWidth)
    return SurveyWork(
      flops: Flops(4 * pairs * Double(shape.queryHeads) * width),
      bytes: Bytes(
        4 * Double(seen + tokens) * Double(shape.kvHeads) * width
          + 4 * Double(tokens) * Double(shape.queryHeads) * width))
  }

  /// One slot.
  public var needs: SurveyNeeds {
    let width = shape.queryHeads * shape.headWidth * tokens
    return SurveyNeeds(inputs: width, outputs: width, keys: shape.slotCount)
  }
}

extension PrefillPoint {
  /// By its heads.
  public var checkName: String { series }

  /// Without a past and with one, neither a whole number of tiles.
  public func check(_ check: inout KernelCheck) throws {
    var small = shape
    small.slotTokens = 400
    _ = try check.prefillAttention(small, tokens: 150, past: 0, sampled: 3)
    _ = try check.prefillAttention(small, tokens: 70, past: 230, sampled: 3)
  }

  /// In each pass the cache lies elsewhere.
  public func program(on bench: SurveyBench, pass: Int) throws -> KernelProgram {
    let cache = bench.cache(of: needs.keys, pass: pass)
    return try bench.record(keeping: []) {
      try bench.kernels.prefillAttention(
        shape, tokens: tokens, past: past, slot: 0, queries: bench.inputs.all, cache: cache,
        output: bench.outputs.all)
    }
  }

  /// Where its time is written.
  public var table: SurveyTable { .prefillAttention }

  /// Its row there.
  public func row(_ times: SampleSpread, on machine: SurveyMachine) -> [String] {
    shape.row(machine, "prefill_attention", [1, tokens, past], times)
  }
}

extension AttentionShape {
  /// Heads, width and window in words.
  fileprivate var title: String {
    "\(queryHeads) on \(kvHeads) heads of \(headWidth)" + (window.map { " window \($0)" } ?? "")
  }

  /// A row of either table of attention; a window of 0 means all.
  fileprivate func row(
    _ machine: SurveyMachine, _ kernel: String, _ sizes: [Int], _ times: SampleSpread
  ) -> [String] {
    machine.columns(kernel: kernel) + [machine.activationType, "bfloat16"]
      + (sizes + [queryHeads, kvHeads, headWidth, window ?? 0]).map(String.init) + [microseconds(times.median)]
  }
}
