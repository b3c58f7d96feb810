import Base
import Testing

@testable import HardwareModels

/// 16 experts, Zipf, two a token, with four copies on four GPUs, drawn token by token.
@Suite struct ExpertCopiesTests {
  private let popularity = ExpertPopularity(zipf: 1, count: 16, topK: 2)
  private let gpus = 4

  /// Physical experts by the number of their expert: each next copy to the one with most a copy.
  private var physical: [Int] {
    var copies = popularity.inclusion.map { _ in 1.0 }
    for _ in 0..<4 {
      let loads = zip(popularity.inclusion, copies).map { $0 / $1 }
      copies[loads.indices.max { loads[$0] < loads[$1] } ?? 0] += 1
    }
    return copies.indices.flatMap { repeatElement($0, count: Int(copies[$0])) }
  }

  /// The GPU of each physical expert: the heaviest first, each to the least loaded that has room.
  private func packed(_ physical: [Int]) -> [Int] {
    let loads = physical.map { expert in popularity.inclusion[expert] / Double(physical.count { $0 == expert }) }
    var places = physical.map { _ in -1 }
    for slot in loads.indices.sorted(by: { loads[$0] > loads[$1] }) {
      func load(_ gpu: Int) -> Double { loads.indices.reduce(0) { $0 + (places[$1] == gpu ? loads[$1] : 0) } }
      let roomy = (0..<gpus).filter { gpu in places.count { $0 == gpu } < physical.count / gpus }
      places[slot] = roomy.min { load($0) < load($1) } ?? -1
    }
    return places
  }

  private func shuffled(_ numbers: [Int], _ random: inout SeededRandom) -> [Int] {
    var order = numbers
    for index in order.indices.dropLast() {
      order.swapAt(index, index + Int(random.uniform() * Double(order.count - index)))
    }
    return order
  }

  /// Two experts, each with just its inclusion probability: those that u and u + 1 hit on a line of all, in random order.
  private func choice(_ random: inout SeededRandom) -> [Int] {
    var next = random.uniform()
    var end = 0.0
    return shuffled(Array(popularity.inclusion.indices), &random).filter { expert in
      end += popularity.inclusion[expert]
      guard next < end else { return false }
      next += 1
      return true
    }
  }

  /// The most pairs and the most touched experts of a GPU, on average over draws.
  private func drawn(_ isBalanced: Bool, tokens: Int) -> ExpertSpread.Busiest {
    var random = SeededRandom(seed: 3, stream: "drawn")
    let physical = physical
    let known = packed(physical)
    let copies = popularity.inclusion.indices.map { expert in physical.indices.filter { physical[$0] == expert } }
    let draws = 200
    var sum = ExpertSpread.Busiest(pairs: 0, distinct: 0)
    for _ in 0..<draws {
      let place = isBalanced ? known : shuffled(physical.indices.map { $0 % gpus }, &random)
      var counts = physical.map { _ in 0 }
      for _ in 0..<tokens {
        for expert in choice(&random) {
          counts[copies[expert][Int(random.uniform() * Double(copies[expert].count))]] += 1
        }
      }
      let parts = (0..<gpus).map { gpu in counts.indices.filter { place[$0] == gpu }.map { counts[$0] } }
      sum.pairs += Double(parts.map { $0.reduce(0, +) }.max() ?? 0) / Double(draws)
      sum.distinct += Double(parts.map { $0.count { $0 > 0 } }.max() ?? 0) / Double(draws)
    }
    return sum
  }

  @Test(arguments: [ExpertPlacement.random, .balanced], [6, 40, 200])
  func theBusiestGPUIsThatOfDraws(_ placement: ExpertPlacement, _ tokens: Int) {
    let routing = ExpertRouting(prompt: popularity, decode: popularity).withCopies(4)
    let busiest = ExpertSpread(routing, topK: 2, over: gpus, placement)
      .busiest(promptTokens: tokens / 2, decodeTokens: tokens - tokens / 2)
    let drawn = drawn(placement == .balanced, tokens: tokens)
    #expect((busiest.pairs / drawn.pairs - 1).magnitude < 0.05, "\(busiest) \(drawn)")
    #expect((busiest.distinct / drawn.distinct - 1).magnitude < 0.05, "\(busiest) \(drawn)")
  }
}
