import Base
import Sim
import TestSupport
import Testing

@Suite struct DistributionTests {
  private func distribution(_ nanoseconds: [Int64]) -> Distribution {
    nanoseconds.reduce(into: Distribution()) { $0.add(SimDuration(nanoseconds: $1)) }
  }

  @Test func nothingHasNoMeanAndNoPercentiles() {
    let empty = Distribution()
    #expect(empty.count == 0 && empty.mean == nil && empty.percentile(50) == nil)
    #expect(empty.share(atMost: .seconds(1)) == nil)
  }

  @Test func percentilesInterpolateBetweenOrderStatistics() {
    let four = distribution([128, 256, 384, 512].map { $0 * 1_000_000_000 })
    #expect([0, 25, 50, 90, 100].map { four.percentile($0) } == [128, 224, 320, 473.6, 512].map { Seconds($0) })
    #expect(four.mean == Seconds(320))
  }

  @Test func aWeightIsThatManyLengths() {
    var weighted = Distribution()
    weighted.add(.seconds(1), weight: 3)
    weighted.add(.seconds(2), weight: 1)
    weighted.add(.seconds(9), weight: 0)
    #expect(weighted.count == 4 && weighted.mean == Seconds(1.25) && weighted.max == .seconds(2))
    #expect(weighted.percentile(50) == Seconds(1))
    #expect(weighted.share(atMost: .seconds(1)) == 0.75)
  }

  @Test func percentilesOfManyLengthsAreWithinHalfAPerMille() {
    for seed in UInt64(1)...4 {
      var random = SeededRandom(seed: seed, stream: "distribution")
      let lengths = (0..<3000).map { _ in Int64(random.integer(0...1 << random.integer(1...40))) }
      let found = distribution(lengths)
      let sorted = lengths.sorted().map(Double.init)
      for p in stride(from: 0.0, through: 100, by: 2.5) {
        let rank = p / 100 * Double(sorted.count - 1)
        let below = sorted[Int(rank)]
        let above = sorted[min(Int(rank) + 1, sorted.count - 1)]
        let expected = (below + (above - below) * (rank - Double(Int(rank)))) * 1e-9
        let value = found.percentile(p)?.value ?? .nan
        #expect(abs(value - expected) <= 0.0005 * expected + 1e-18, "seed \(seed), p\(p)")
      }
    }
  }

  @Test func theLongestLengthOfTimeHasItsBin() {
    let one = distribution([Int64.max])
    #expect(one.percentile(50) == Seconds(Double(Int64.max) * 1e-9))
    #expect(one.share(atMost: .seconds(4e9)) == 0)
  }
}
