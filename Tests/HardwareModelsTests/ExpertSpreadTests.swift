import Base
import TestSupport
import Testing

@testable import HardwareModels

@Suite struct ExpertSpreadTests {
  /// The largest over GPUs of pairs and of distinct experts, drawn: experts stand at random, and a token takes k of them,
  /// each next one with the chance of its weight among those that are left.
  private func drawn(
    weights: [Double], topK: Int, gpus: Int, tokens: Int, draws: Int, seed: UInt64
  ) -> (pairs: Double, distinct: Double) {
    var random = SeededRandom(seed: seed, stream: "drawn")
    var sum = (pairs: 0.0, distinct: 0.0)
    let held = weights.count / gpus
    for _ in 0..<draws {
      var place = Array(weights.indices)
      for index in place.indices.dropLast() {
        place.swapAt(index, index + Int(random.uniform() * Double(place.count - index)))
      }
      var counts = weights.map { _ in 0 }
      for _ in 0..<tokens {
        for expert in choice(weights, topK, &random) { counts[place[expert]] += 1 }
      }
      let parts = (0..<gpus).map { counts[$0 * held..<($0 + 1) * held] }
      sum.pairs += Double(parts.map { $0.reduce(0, +) }.max() ?? 0)
      sum.distinct += Double(parts.map { $0.count { $0 > 0 } }.max() ?? 0)
    }
    return (sum.pairs / Double(draws), sum.distinct / Double(draws))
  }

  private func choice(_ weights: [Double], _ topK: Int, _ random: inout SeededRandom) -> [Int] {
    var left = weights
    return (0..<topK).map { _ in
      var at = random.uniform() * left.reduce(0, +)
      let chosen = left.firstIndex { weight in
        at -= weight
        return at < 0 && weight > 0
      }
      let expert = chosen ?? 0
      left[expert] = 0
      return expert
    }
  }

  @Test(arguments: [(64, 4, 8), (32, 2, 4), (48, 6, 12)], [1, 6, 40, 200])
  func theBusiestGPUIsThatOfDraws(_ shape: (experts: Int, topK: Int, gpus: Int), _ tokens: Int) {
    var experts = Transformer.Experts(count: shape.experts, topK: shape.topK, intermediate: 1)
    experts.format = .bf16
    let spread = ExpertSpread(ExpertRouting(uniform: experts), topK: shape.topK, over: shape.gpus)
    let drawn = drawn(
      weights: Array(repeating: 1, count: shape.experts), topK: shape.topK, gpus: shape.gpus, tokens: tokens,
      draws: 400,
      seed: 1)
    let busiest = spread.busiest(promptTokens: tokens / 2, decodeTokens: tokens - tokens / 2)
    // A single token is far from a normal variable.
    let slack = tokens == 1 ? 0.25 : 0.06
    #expect((busiest.pairs / drawn.pairs - 1).magnitude < slack, "\(busiest) \(drawn)")
    #expect((busiest.distinct / drawn.distinct - 1).magnitude < slack, "\(busiest) \(drawn)")
  }

  @Test(arguments: [10, 60, 300]) func popularExpertsMakeTheBusiestBusier(_ tokens: Int) {
    let weights = (1...64).map { 1 / Double($0).squareRoot() }
    let zipf = ExpertPopularity(zipf: 0.5, count: 64, topK: 4)
    let spread = ExpertSpread(ExpertRouting(prompt: zipf, decode: zipf), topK: 4, over: 8)
    let busiest = spread.busiest(promptTokens: 0, decodeTokens: tokens)
    let drawn = drawn(weights: weights, topK: 4, gpus: 8, tokens: tokens, draws: 300, seed: 2)
    #expect((busiest.pairs / drawn.pairs - 1).magnitude < 0.06, "\(busiest) \(drawn)")
    #expect((busiest.distinct / drawn.distinct - 1).magnitude < 0.06, "\(busiest) \(drawn)")
    #expect(busiest.pairs > Double(tokens * 4 / 8))
  }

  @Test(arguments: [
    (0, 1, [1.4823775414710791, 1.4746725006153185, 1.4790631641947933, 1.4641259190714695]),
    (7, 3, [8.106550553245128, 5.815180472213437, 9.43427572409362, 5.173518151391402]),
    (512, 40, [299.08064622060425, 8.0, 504.7488285933132, 8.0]),
  ])
  func chanceWithoutCopiesIsWhatItWasBeforePlacements(_ prompts: Int, _ decodes: Int, _ known: [Double]) {
    let skewed = ExpertRouting(
      prompt: ExpertPopularity(zipf: 0.8, count: 64, topK: 4), decode: ExpertPopularity(zipf: 0.4, count: 64, topK: 4))
    let uniform = ExpertRouting(uniform: Transformer.Experts(count: 64, topK: 4, intermediate: 1))
    let busiest = [uniform, skewed].flatMap { routing in
      let most = ExpertSpread(routing, topK: 4, over: 8).busiest(promptTokens: prompts, decodeTokens: decodes)
      return [most.pairs, most.distinct]
    }
    #expect(busiest == known)
  }

  @Test func aTokenGoesToGPUsOnce() {
    let experts = Transformer.Experts(count: 4, topK: 2, intermediate: 1)
    #expect(ExpertSpread(ExpertRouting(uniform: experts), topK: 2, over: 2).copiesPerToken == 1 - 1.0 / 6)
    let all = Transformer.Experts(count: 4, topK: 4, intermediate: 1)
    #expect(ExpertSpread(ExpertRouting(uniform: all), topK: 4, over: 4).copiesPerToken == 3)
  }
}
