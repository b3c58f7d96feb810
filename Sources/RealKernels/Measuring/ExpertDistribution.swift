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
  /// Coverage draws every token independently by systematic sampling (Madow, 1949) over a fresh order of the experts:
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

  private static func draw(
    _ tokens: Int, _ inclusion: ContiguousArray<Double>, _ experts: [Int32], _ random: inout SeededRandom
  ) -> [Int32] {
    let chosen = Int(inclusion.reduce(0, +).rounded())
    var order = Array(inclusion.indices)
    var ids = [Int32]()
    ids.reserveCapacity(tokens * chosen)
    for _ in 0..<tokens {
      order.shuffle(using: &random)
      var next = random.uniform()
      var sum = 0.0
      let start = ids.count
      for expert in order where ids.count - start < chosen {
        sum += inclusion[expert]
        guard sum > next else { continue }
        ids.append(experts[expert])
        next += 1
      }
      // Rounding may leave the sum a hair under k: then the last of the order is the one that was meant.
      if ids.count - start < chosen, let last = order.last { ids.append(experts[last]) }
      precondition(ids.count - start == chosen, "a systematic sample has one expert for each unit of probability")
    }
    return ids
  }
}
