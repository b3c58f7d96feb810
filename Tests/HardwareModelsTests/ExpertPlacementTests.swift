import Base
import TestSupport
import Testing

@testable import HardwareModels

@Suite struct ExpertPlacementTests {
  private static let skews = [0, 0.4, 0.8, 1.2]

  /// 64 experts with this skew among prompt tokens, and another among decoded ones.
  private func routing(_ prompt: Double, _ decode: Double? = nil) -> ExpertRouting {
    ExpertRouting(
      prompt: ExpertPopularity(zipf: prompt, count: 64, topK: 4),
      decode: ExpertPopularity(zipf: decode ?? prompt, count: 64, topK: 4))
  }

  private func spread(_ routing: ExpertRouting, _ placement: ExpertPlacement, copies: Int) -> ExpertSpread {
    ExpertSpread(routing.withCopies(copies), topK: 4, over: 8, placement)
  }

  @Test func everyPlacementPutsEachExpertOnce() {
    let loads = (0..<12).map { Double($0 * $0 % 7) }
    let known = ExpertPlacement.allCases.compactMap { $0.arrangement(of: loads, over: 3) }
    #expect(known.map { $0.sorted() } == Array(repeating: Array(0..<12), count: 3))
    #expect(ExpertPlacement.balanced.arrangement(of: [1, 2, 3, 4, 5, 6], over: 2) == [5, 2, 1, 4, 3, 0])
    #expect(ExpertPlacement.balanced.arrangement(of: [9, 1, 1, 1], over: 2) == [0, 3, 1, 2])
    #expect(ExpertPlacement.dealt.arrangement(of: [1, 2, 3, 4], over: 2) == [3, 1, 2, 0])
    #expect(ExpertPlacement.stacked.arrangement(of: [1, 2, 3, 4], over: 2) == [3, 2, 1, 0])
  }

  @Test func copiesGoWhereACopyHasMost() {
    let popularity = ExpertPopularity(inclusion: [0.1, 0.2, 0.3, 0.6, 0.8])
    let routing = ExpertRouting(prompt: popularity, decode: popularity).withCopies(3)
    let third = 0.8 / 3
    #expect(routing.prompt.inclusion == [0.1, 0.2, third, third, third, 0.3, 0.3, 0.3])
    #expect(routing.withCopies(0) == routing)
  }

  @Test(arguments: [0, 8, 32]) func everyPairIsOnSomeGPU(_ copies: Int) {
    for placement in ExpertPlacement.allCases {
      for order in spread(routing(0.8, 0.3), placement, copies: copies).orders {
        #expect((order.promptShares.reduce(0, +) - 4).magnitude < 1e-9)
        #expect((order.decodeShares.reduce(0, +) - 4).magnitude < 1e-9)
      }
    }
  }

  /// Draws of orders know what chance adds to a per cent of all.
  @Test(arguments: skews, [0, 8, 64]) func balancedLoadsTheBusiestNoMoreThanChance(_ skew: Double, _ copies: Int) {
    let (balanced, random) = (
      spread(routing(skew), .balanced, copies: copies), spread(routing(skew), .random, copies: copies)
    )
    for (prompts, decodes) in [(0, 16), (300, 0), (4096, 100)] {
      let most = balanced.busiest(promptTokens: prompts, decodeTokens: decodes).pairs
      #expect(most <= 1.01 * random.busiest(promptTokens: prompts, decodeTokens: decodes).pairs)
    }
  }

  @Test(arguments: [8, 24, 64, 96]) func copiesOfExpertsAlikeChangeChanceOnly(_ copies: Int) {
    let tokens = 400
    let mean = Double(tokens * 4) / 8
    func above(_ copies: Int) -> Double {
      let busiest = spread(routing(0), .balanced, copies: copies).busiest(promptTokens: tokens, decodeTokens: 0)
      return (busiest.pairs - mean) / (Double(60 + copies) / Double(63 + copies)).squareRoot()
    }
    #expect((above(copies) / above(0) - 1).magnitude < 1e-9)
  }

  /// Of a GPU by no more than packing one by one is off.
  @Test(arguments: skews) func copiesNeverRaiseTheLargestLoad(_ skew: Double) {
    var (copy, gpu) = (Double.infinity, Double.infinity)
    for copies in stride(from: 0, through: 64, by: 8) {
      let physical = routing(skew).withCopies(copies)
      let most = physical.loads.max() ?? 0
      #expect(most <= copy)
      copy = most
      guard let order = spread(routing(skew), .balanced, copies: copies).orders.first else { continue }
      let largest = order.promptShares.max() ?? 0
      #expect(largest <= gpu * 1.01, "\(copies) copies")
      gpu = largest
    }
  }

  @Test(arguments: [(40, 0), (0, 90), (600, 70)]) func tilesAreThoseOfEachCopy(_ prompts: Int, _ decodes: Int) {
    let physical = routing(1.2, 0).withCopies(24)
    var (distinct, excess) = (0.0, 0.0)
    for (prompt, decode) in zip(physical.prompt.inclusion, physical.decode.inclusion) {
      let missed = (0..<prompts).reduce(1.0) { chance, _ in chance * (1 - prompt) }
      distinct += 1 - (0..<decodes).reduce(missed) { chance, _ in chance * (1 - decode) }
      excess += max(0, (Double(prompts) * prompt + Double(decodes) * decode) / 16 - 17.0 / 32)
    }
    let load = physical.load(promptTokens: prompts, decodeTokens: decodes)
    #expect((load.distinct / distinct - 1).magnitude < 1e-9)
    #expect((load.tiles(ofHeight: 16) - load.distinct - excess).magnitude < 1e-9)
  }

  @Test func aCopyThatIsTouchedIsRead() throws {
    let model = try model("deepseek-r1")
    func experts(_ tokens: Int, copies: Int) -> Double {
      let shard = ShardedModel(model: model, cut: Parallelism(tensor: 8, expert: 8, redundantExperts: copies))
      let rows = TokenRows(prompt: 0, decode: tokens)
      return (shard.expertDemand(rows)?.traffic[.expertWeights].value ?? 0) / model.transformer.expertBytes.value
    }
    #expect((experts(1, copies: 32) - 8).magnitude < 1e-9)
    #expect(experts(100, copies: 32) > experts(100, copies: 0))
    #expect((experts(100_000, copies: 32) - 288).magnitude < 1e-9)
  }
}
