/// What depends on token counts only: one layer without its attention, or the two ends of the model.
struct TokenCost {
  /// Time on the GPU.
  var seconds = 0.0
  /// The part of it that routed experts take.
  var expertSeconds = 0.0
  /// Time to launch a layer's kernels, below which it cannot take; zero where a CUDA graph launches them.
  var launchSeconds = 0.0
  /// Arithmetic on all GPUs.
  var flops = 0.0
  /// Bytes on all GPUs.
  var traffic = SIMD8<Double>()

  /// The sum of operators that all belong to one layer.
  init(_ operators: [OperatorDemand], _ prices: OperatorPrices) { add(operators, prices) }

  /// Adds operators of the same layer.
  mutating func add(_ operators: [OperatorDemand], _ prices: OperatorPrices) {
    for operation in operators {
      let taken = prices.time(of: operation.kind).seconds
      seconds += taken
      if case .experts = operation.kind { expertSeconds += taken }
      flops += operation.flops.value
      traffic += operation.traffic.lanes
    }
  }

  static func += (left: inout Self, right: Self) {
    left.seconds += right.seconds
    left.expertSeconds += right.expertSeconds
    left.launchSeconds += right.launchSeconds
    left.flops += right.flops
    left.traffic += right.traffic
  }

  init() {}
}

/// Costs by the token counts they depend on: a direct-mapped cache, so that a hit is one multiplication and one compare.
/// It grows with the number of costs up to a bound. What it returns never depends on what it has kept.
struct CostTable {
  private static let mostBits = 17
  private var bits = 11
  private var kept = 0
  private var keys = ContiguousArray<UInt64>(repeating: .max, count: 1 << 11)
  private var costs = ContiguousArray<TokenCost>(repeating: TokenCost(), count: 1 << 11)

  /// What the counts belong to.
  enum Part: UInt64 {
    /// A layer without attention, by prompt tokens and decoded ones.
    case layer
    /// What of it does not depend on which is which, with and without prompts.
    case mixedLayer, decodeLayer
    /// The embedding, and what follows the last layer.
    case embedding, emission
  }

  /// Packs two counts below 2^30 and what they count; nil for larger ones, which are not kept.
  @inline(__always)
  private static func key(_ part: Part, _ first: Int, _ second: Int) -> UInt64? {
    guard (first | second) >> 30 == 0 else { return nil }
    return part.rawValue << 60 | UInt64(truncatingIfNeeded: first) << 30 | UInt64(truncatingIfNeeded: second)
  }

  @inline(__always)
  private func slot(_ key: UInt64) -> Int {
    Int(truncatingIfNeeded: (key &* 0x9e37_79b9_7f4a_7c15) >> UInt64(64 - bits))
  }

  /// The slot that holds a cost; nil if it holds another.
  @inline(__always)
  func find(_ part: Part, _ first: Int, _ second: Int) -> Int? {
    guard let key = Self.key(part, first, second) else { return nil }
    let slot = slot(key)
    return keys[slot] == key ? slot : nil
  }

  @inline(__always)
  subscript(slot: Int) -> TokenCost { costs[slot] }

  mutating func keep(_ cost: TokenCost, _ part: Part, _ first: Int, _ second: Int) {
    if let key = Self.key(part, first, second) { keep(cost, under: key) }
  }

  private mutating func keep(_ cost: TokenCost, under key: UInt64) {
    if kept > keys.count / 4, bits < Self.mostBits { grow() }
    kept += 1
    let slot = slot(key)
    keys[slot] = key
    costs[slot] = cost
  }

  private mutating func grow() {
    var larger = self
    larger.bits += 2
    larger.kept = 0
    larger.keys = ContiguousArray(repeating: .max, count: 1 << larger.bits)
    larger.costs = ContiguousArray(repeating: TokenCost(), count: 1 << larger.bits)
    for (slot, key) in keys.enumerated() where key != .max { larger.keep(costs[slot], under: key) }
    self = larger
  }
}
