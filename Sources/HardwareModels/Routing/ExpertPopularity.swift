#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// How often each expert of a layer is among a token's top k: the inclusion probabilities q_e, most wanted last, whose
/// sum is k. Where experts have copies, how often each physical expert is, in any order.
public struct ExpertPopularity: Hashable, Sendable {
  /// q_e for each expert, ascending; for each physical expert, as they stand.
  public let inclusion: ContiguousArray<Double>
  /// ln(1 - q_e): what a token adds to the log of the chance that expert e stays untouched.
  let logMiss: ContiguousArray<Double>
  /// The same in vectors, filled up with experts that are never touched.
  let logMissVectors: ContiguousArray<SIMD8<Double>>
  /// Sums of q over experts e and above, for each e and for none.
  let inclusionFrom: ContiguousArray<Double>

  /// Expert e has the popularity `weights[e]`: q_e = min(c w_e, 1) with the one c for which they sum to k.
  public init(weights: [Double], topK: Int) {
    precondition(topK >= 1 && topK <= weights.count, "a token is sent to between one and all experts")
    precondition(weights.allSatisfy { $0 > 0 && $0.isFinite }, "every expert has a popularity above zero")
    let ascending = weights.sorted()
    var certain = 0
    var scale = 0.0
    while true {
      let rest = ascending.dropLast(certain)
      guard let largest = rest.last else { break }
      scale = Double(topK - certain) / rest.reduce(0, +)
      guard scale * largest > 1 else { break }
      certain += 1
    }
    let free = ascending.count - certain
    self.init(inclusion: ascending.enumerated().map { $0 < free ? $1 * scale : 1 })
  }

  /// Experts with these inclusion probabilities.
  init(inclusion chances: [Double]) {
    inclusion = ContiguousArray(chances)
    // An expert that every token uses is touched by the first one; e^-745 is the last number above zero.
    logMiss = ContiguousArray(inclusion.map { $0 < 1 ? log1p(-$0) : -745 })
    var vectors = ContiguousArray(repeating: SIMD8<Double>(), count: (inclusion.count + 7) / 8)
    for (expert, miss) in logMiss.enumerated() { vectors[expert / 8][expert % 8] = miss }
    logMissVectors = vectors
    var sums = ContiguousArray([0.0])
    for share in inclusion.reversed() { sums.append(sums[sums.count - 1] + share) }
    inclusionFrom = ContiguousArray(sums.reversed())
  }

  /// All experts alike: q_e = k / E.
  public init(uniform count: Int, topK: Int) {
    self.init(weights: Array(repeating: 1, count: count), topK: topK)
  }

  /// Zipf: the r-th most wanted expert has popularity r^-s.
  public init(zipf exponent: Double, count: Int, topK: Int) {
    self.init(weights: (1...count).map { pow(Double($0), -exponent) }, topK: topK)
  }

  /// Log-normal: popularities are e^(sigma z) at the standard normal quantiles z of (e + 1/2) / E.
  public init(logNormal sigma: Double, count: Int, topK: Int) {
    let ranks = (0..<count).map { (Double($0) + 0.5) / Double(count) }
    self.init(weights: ranks.map { exp(sigma * normalQuantile($0)) }, topK: topK)
  }

  /// Expected share of the experts that n independent tokens touch: mean over e of 1 - (1 - q_e)^n.
  public func coverage(tokens: Int) -> Double {
    logMiss.reduce(0) { $0 - expm1(Double(tokens) * $1) } / Double(logMiss.count)
  }
}

/// The z below which a standard normal variable stays with probability p: bisection on erfc, to the last bit that
/// matters; it is called once an expert.
func normalQuantile(_ p: Double) -> Double {
  precondition(p > 0 && p < 1, "a quantile lies strictly between 0 and 1")
  var low = -39.0
  var high = 39.0
  for _ in 0..<80 {
    let middle = (low + high) / 2
    if erfc(-middle / 2.0.squareRoot()) / 2 < p { low = middle } else { high = middle }
  }
  return (low + high) / 2
}
