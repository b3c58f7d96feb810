import Base
import HardwareModels

/// How the tokens of a measured MoE layer choose experts.
public enum ExpertDistribution: String, CaseIterable, Sendable {
  /// As the tokens of prompts do by the model's popularities.
  case prompt = "coverage_prompt"
  /// As decoded tokens do.
  case decode = "coverage_decode"
  /// All experts equally often: min(E, tokens x k) of them are touched.
  case balanced

  /// The experts of each token, `topK` distinct ones each, token after token.
  ///
  /// Coverage draws every token independently by systematic sampling (Madow, 1949) over a random order of the experts:
  /// expert e is among the k with exactly its inclusion probability q_e.
  public func draw(tokens: Int, topK: Int, routing: ExpertRouting, seed: UInt64) -> [Int32] {
    var random = SeededRandom(seed: seed, stream: "survey-routing")
    let experts = (0..<Int32(routing.expertCount)).shuffled(using: &random)
    switch self {
    case .balanced: return (0..<tokens * topK).map { experts[$0 % experts.count] }
    case .prompt: return Self.draw(tokens, routing.prompt.inclusion, experts, &random)
    case .decode: return Self.draw(tokens, routing.decode.inclusion, experts, &random)
    }
  }

  /// Tokens that share an order. Each of them draws for itself; orders change so that no neighbours of one stay apart.
  private static let block = 32

  private static func draw(
    _ tokens: Int, _ inclusion: ContiguousArray<Double>, _ experts: [Int32], _ random: inout SeededRandom
  ) -> [Int32] {
    let chosen = Int(inclusion.reduce(0, +).rounded())
    var order = Array(inclusion.indices)
    var ids = [Int32]()
    ids.reserveCapacity(tokens * chosen)
    for first in stride(from: 0, to: tokens, by: block) {
      order.shuffle(using: &random)
      let sums = runningSums(of: order.map { inclusion[$0] }, total: Double(chosen))
      for _ in first..<min(tokens, first + block) {
        let start = random.uniform()
        ids += (0..<chosen).map { experts[order[place(of: start + Double($0), in: sums)]] }
      }
    }
    return ids
  }

  /// Sums of the first one, two, ... of these, scaled so that rounding leaves the last at `total`.
  private static func runningSums(of shares: [Double], total: Double) -> [Double] {
    let sum = shares.reduce(0, +)
    var running = 0.0
    let sums = shares.map { share in
      running += share
      return running / sum * total
    }
    return sums.dropLast() + [total]
  }

  /// The first of the sums that is above a number.
  private static func place(of number: Double, in sums: [Double]) -> Int {
    var (low, high) = (0, sums.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if sums[middle] > number { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
