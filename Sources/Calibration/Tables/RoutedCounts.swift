import Base
import HardwareModels

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// How the tokens of a measured MoE layer were spread over its experts.
public enum RoutedCounts: Hashable, Sendable {
  /// Every expert as many as the next, so that min(E, T k) are touched.
  case balanced
  /// Sizes drawn from a density x^-a.
  case powerLaw(Double)
  /// Tokens of each expert that gets one.
  case counted([Int])

  /// Reads `balanced` or `power_law_1.2`; nil for any other word.
  public init?(_ name: String) {
    if name == "balanced" {
      self = .balanced
    } else if name.hasPrefix("power_law_"), let exponent = Double(name.dropFirst("power_law_".count)) {
      self = .powerLaw(exponent)
    } else {
      return nil
    }
  }

  /// What T tokens with k of E experts each ask for: exactly if balanced, otherwise the mean of 256 draws.
  public func load(tokens: Int, experts: Int, topK: Int) -> ExpertLoad {
    switch self {
    case .balanced: return ExpertLoad(counts: balancedCounts(tokens: tokens, experts: experts, topK: topK))
    case .counted(let counts): return ExpertLoad(counts: counts)
    case .powerLaw(let exponent):
      var random = SeededRandom(seed: 1, stream: "power-law-experts")
      let draws = 256
      var mean = ExpertLoad()
      for _ in 0..<draws {
        let drawn = drawnCounts(exponent, tokens: tokens, experts: experts, topK: topK, from: &random)
        let load = ExpertLoad(counts: drawn)
        mean.distinct += load.distinct / Double(draws)
        mean.excessTiles += load.excessTiles / Double(draws)
      }
      return mean
    }
  }
}

/// As many for each expert as for the next, the first ones getting what is left over.
func balancedCounts(tokens: Int, experts: Int, topK: Int) -> [Int] {
  let (each, more) = (tokens * topK).quotientAndRemainder(dividingBy: experts)
  return (0..<experts).map { $0 < more ? each + 1 : each }
}

/// Counts as aiconfigurator's collector draws them (ai-dynamo/aiconfigurator, collector/helper.py): sizes between 1 and
/// 0.8 T (between 0.01 and 2 while T k <= E) from a density x^-a, scaled to T k in all and rounded; no expert gets more
/// than T; what is then missing goes to the smallest, what is too much is taken from the largest.
func drawnCounts(
  _ exponent: Double, tokens: Int, experts: Int, topK: Int, from random: inout SeededRandom
) -> [Int] {
  let pairs = tokens * topK
  let (low, high) = pairs > experts ? (1, 0.8 * Double(tokens)) : (0.01, 2)
  let power = 1 - exponent
  let sizes = (0..<experts).map { _ in
    let share = random.uniform()
    guard power != 0 else { return low * pow(high / low, share) }
    return pow((pow(high, power) - pow(low, power)) * share + pow(low, power), 1 / power)
  }
  let scale = Double(pairs) / sizes.reduce(0, +)
  let counts = sizes.map { min(Int(($0 * scale).rounded(.toNearestOrEven)), tokens) }
  let missing = pairs - counts.reduce(0, +)
  if missing >= 0 { return levelled(counts, adding: missing) }
  return levelled(counts.map { -$0 }, adding: -missing).map { -$0 }
}

/// Counts of which the smallest was raised by one, so many times: they fill up like basins.
func levelled(_ counts: [Int], adding amount: Int) -> [Int] {
  func water(_ level: Int) -> Int { counts.reduce(0) { $0 + max(0, level - $1) } }
  guard let lowest = counts.min(), amount > 0 else { return counts }
  var (low, high) = (lowest, lowest + amount + 1)
  while high - low > 1 {
    let middle = (low + high) / 2
    if water(middle) <= amount { low = middle } else { high = middle }
  }
  var rest = amount - water(low)
  return counts.map { count in
    let raised = max(count, low)
    guard raised == low, rest > 0 else { return raised }
    rest -= 1
    return raised + 1
  }
}
