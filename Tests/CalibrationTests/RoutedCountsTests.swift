import Base
import HardwareModels
import Testing

@testable import Calibration

@Suite struct RoutedCountsTests {
  @Test func balancedTokensTouchAsManyExpertsAsTheyCan() {
    for tokens in [1, 3, 16, 1000] {
      let load = RoutedCounts.balanced.load(tokens: tokens, experts: 128, topK: 8)
      #expect(load.distinct == Double(min(128, 8 * tokens)))
    }
    // 20 pairs on 8 experts: four with 3 tokens, four with 2; tiles of 8 rows hold either.
    let load = RoutedCounts.balanced.load(tokens: 10, experts: 8, topK: 2)
    #expect(load.tiles(ofHeight: 8) == 8)
  }

  @Test func drawnCountsAddUpAndNoExpertGetsATokenTwice() {
    for seed in 0..<200 as Range<UInt64> {
      var random = SeededRandom(seed: seed, stream: "test")
      let tokens = 1 + Int(random.uniform() * 300)
      let topK = 1 + Int(random.uniform() * 8)
      let counts = drawnCounts(seed % 2 == 0 ? 1.01 : 1.2, tokens: tokens, experts: 32, topK: topK, from: &random)
      #expect(counts.reduce(0, +) == tokens * topK, "seed \(seed)")
      #expect(counts.allSatisfy { (0...tokens).contains($0) }, "seed \(seed): \(counts)")
    }
  }

  @Test func basinsFillUpLikeOneByOne() {
    for seed in 0..<200 as Range<UInt64> {
      var random = SeededRandom(seed: seed, stream: "test")
      let counts = (0..<7).map { _ in Int(random.uniform() * 12) }
      let amount = Int(random.uniform() * 60)
      var plain = counts
      for _ in 0..<amount {
        if let least = plain.indices.min(by: { (plain[$0], $0) < (plain[$1], $1) }) { plain[least] += 1 }
      }
      #expect(levelled(counts, adding: amount) == plain, "seed \(seed)")
    }
  }

  @Test func aPowerLawTouchesFewerExpertsAndFillsMoreTiles() {
    let balanced = RoutedCounts.balanced.load(tokens: 256, experts: 128, topK: 8)
    let skewed = RoutedCounts.powerLaw(1.2).load(tokens: 256, experts: 128, topK: 8)
    #expect(skewed.distinct <= balanced.distinct && skewed.tiles(ofHeight: 16) > balanced.tiles(ofHeight: 16))
  }

  @Test func namesAreThoseOfTheTables() {
    #expect(RoutedCounts("balanced") == .balanced && RoutedCounts("power_law_1.01") == .powerLaw(1.01))
    #expect(RoutedCounts("zipf") == nil && RoutedCounts("power_law_x") == nil)
  }
}
