import Base

/// Where the experts of one layer stand, and by how many standard deviations GPUs are off their means.
struct ExpertOrder: Hashable, Sendable {
  /// Numbers of experts, GPU by GPU.
  let experts: [Int]
  /// Each GPU's sum of inclusion among prompt tokens.
  let promptShares: [Double]
  /// The same among decoded tokens.
  let decodeShares: [Double]
  /// Draws of z, one for each GPU.
  let deviations: [[Double]]

  /// Experts that stand like this.
  init(_ experts: [Int], _ routing: ExpertRouting, deviations: [[Double]]) {
    self.experts = experts
    self.deviations = deviations
    let gpus = deviations[0].count
    let held = experts.count / gpus
    func shares(_ popularity: ExpertPopularity) -> [Double] {
      (0..<gpus).map { gpu in experts[gpu * held..<(gpu + 1) * held].reduce(0) { $0 + popularity.inclusion[$1] } }
    }
    promptShares = shares(routing.prompt)
    decodeShares = shares(routing.decode)
  }

  /// Experts that stand anywhere, with one draw of z.
  init(_ routing: ExpertRouting, over gpus: Int, _ random: inout SeededRandom) {
    var order = Array(0..<routing.expertCount)
    for index in order.indices.dropLast() {
      order.swapAt(index, index + Int(random.uniform() * Double(order.count - index)))
    }
    self.init(order, routing, deviations: [Self.deviations(of: gpus, &random)])
  }

  private static func deviations(of gpus: Int, _ random: inout SeededRandom) -> [Double] {
    (0..<gpus).map { _ in normalQuantile(max(random.uniform(), 0x1p-53)) }
  }

  /// So many draws of z, half of them the others' negatives, scaled for the mean of the largest to be the expected one: so
  /// few draws leave no error where GPUs are alike, nor where one is far above the others.
  static func deviations(
    _ count: Int, of gpus: Int, largest: Double, _ random: inout SeededRandom
  ) -> [[Double]] {
    let half = (0..<count / 2).map { _ in deviations(of: gpus, &random) }
    let rows = half + half.map { $0.map(-) }
    let mean = rows.reduce(0) { $0 + ($1.max() ?? 0) } / Double(rows.count)
    return rows.map { $0.map { $0 * largest / mean } }
  }

  /// Mean and variance of the experts that are touched on a GPU.
  func touched(_ chances: [Double], on gpu: Int) -> (mean: Double, variance: Double) {
    let held = experts.count / promptShares.count
    return experts[gpu * held..<(gpu + 1) * held].reduce(into: (0, 0)) { sums, expert in
      sums.0 += chances[expert]
      sums.1 += chances[expert] * (1 - chances[expert])
    }
  }
}
