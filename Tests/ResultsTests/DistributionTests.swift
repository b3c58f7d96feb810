import Base
import Sim
import Testing

/// A distribution against a sorted array with linear interpolation between order statistics, NumPy's default.
@Suite struct DistributionTests {
  private static let percentiles = [0, 1, 10, 25, 50, 75, 90, 99, 99.9, 100]

  private func plain(_ sorted: [Int64], _ p: Double) -> Double {
    let rank = p / 100 * Double(sorted.count - 1)
    let lower = Int(rank)
    let upper = min(lower + 1, sorted.count - 1)
    let low = Double(sorted[lower])
    return (low + (Double(sorted[upper]) - low) * (rank - Double(lower))) * 1e-9
  }

  private func logUniform(_ random: inout SeededRandom, _ count: Int) -> [Int64] {
    (0..<count).map { _ in
      let octaves = random.uniform() * 40
      return Int64((0..<Int(octaves)).reduce(1.0 + random.uniform()) { value, _ in value * 2 })
    }
  }

  @Test func percentilesOfManyLengthsAreWithinAFiveHundredthOfAPercent() {
    for seed in UInt64(0)..<40 {
      var random = SeededRandom(seed: seed, stream: "distribution")
      let lengths = logUniform(&random, 1 + Int(random.next() % 2000))
      var distribution = Distribution()
      for length in lengths { distribution.add(SimDuration(nanoseconds: length)) }
      let sorted = lengths.sorted()
      for p in Self.percentiles {
        let exact = plain(sorted, p)
        let found = distribution.percentile(p)?.value ?? .infinity
        #expect((found - exact).magnitude <= 0.0005 * exact, "seed \(seed), p\(p): \(found), expected \(exact)")
      }
    }
  }

  @Test func percentilesOfAFewDistinctLengthsAreExact() {
    for seed in UInt64(0)..<100 {
      var random = SeededRandom(seed: seed, stream: "distinct")
      let count = 1 + Int64(random.next() % 20)
      let lengths = (0..<count).map { 1_000_000 * ($0 + 1) + Int64(random.next() % 1000) }
      var distribution = Distribution()
      for length in lengths.reversed() { distribution.add(SimDuration(nanoseconds: length)) }
      for p in Self.percentiles {
        let exact = plain(lengths, p)
        let found = distribution.percentile(p)?.value ?? .infinity
        #expect((found - exact).magnitude <= 1e-14 * exact, "seed \(seed), p\(p): \(found), expected \(exact)")
      }
    }
  }

  @Test func aWeightIsThatManyLengths() {
    var weighted = Distribution()
    var repeated = Distribution()
    for (milliseconds, weight) in [(5.0, 3), (70, 1), (20, 10), (1, 0)] {
      weighted.add(.seconds(milliseconds * 1e-3), weight: weight)
      for _ in 0..<weight { repeated.add(.seconds(milliseconds * 1e-3)) }
    }
    #expect(weighted.count == 14)
    #expect(weighted.min == .seconds(0.005))
    for p in Self.percentiles { #expect(weighted.percentile(p) == repeated.percentile(p), "p\(p)") }
    #expect(weighted.mean == repeated.mean)
  }

  @Test func withoutLengthsThereAreNoStatistics() {
    #expect(Distribution().mean == nil)
    #expect(Distribution().percentile(50) == nil)
    #expect(Distribution().share(atMost: .zero) == nil)
  }
}
