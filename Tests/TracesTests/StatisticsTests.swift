import Base
import Testing

@testable import Traces

@Suite struct StatisticsTests {
  private func statistics(_ rows: String) throws -> TraceStatistics {
    let file = try TemporaryFile("arrival_ms,prompt_tokens,output_tokens\n" + rows)
    return try TraceFile(path: file.path).statistics()
  }

  @Test func statisticsAreWhatAHandWorksOut() throws {
    // Gaps of 1, 2 and 3 s: mean 2, variance 2/3. Prompts 1 to 4 against 2, 4, 4, 6: correlation 6 / √(5·8).
    let found = try statistics("0,10,2\n1000,20,4\n3000,30,4\n6000,40,6\n")
    let expected: [(String, Double?, String)] = [
      ("requests", 4, "requests"), ("skipped_rows", 0, "rows"),
      ("prompt_tokens_mean", 25, "tokens"), ("prompt_tokens_min", 10, "tokens"), ("prompt_tokens_p50", 25, "tokens"),
      ("prompt_tokens_p90", 37, "tokens"), ("prompt_tokens_p99", 39.7, "tokens"), ("prompt_tokens_max", 40, "tokens"),
      ("output_tokens_mean", 4, "tokens"), ("output_tokens_min", 2, "tokens"), ("output_tokens_p50", 4, "tokens"),
      ("output_tokens_p90", 5.4, "tokens"), ("output_tokens_p99", 5.94, "tokens"), ("output_tokens_max", 6, "tokens"),
      ("total_tokens_mean", 29, "tokens"), ("total_tokens_min", 12, "tokens"), ("total_tokens_p50", 29, "tokens"),
      ("total_tokens_p90", 42.4, "tokens"), ("total_tokens_p99", 45.64, "tokens"), ("total_tokens_max", 46, "tokens"),
      ("prompt_output_correlation", 6 / 40.0.squareRoot(), "1"), ("duration_s", 6, "s"),
      ("mean_rate_rps", 0.5, "requests/s"), ("gap_variation", (2 / 3.0).squareRoot() / 2, "1"), ("burstiness", 6, "1"),
      ("best_prefix_hit_pct", nil, "%"),
    ]
    #expect(found.entries.map(\.name) == expected.map(\.0))
    #expect(found.entries.map(\.unit) == expected.map(\.2))
    for case (let name, let value?, _) in expected {
      #expect((try #require(found[name]) - value).magnitude < 1e-9, "\(name)")
    }
    #expect(found["best_prefix_hit_pct"] == nil)
  }

  @Test func oneRequestHasNoRateAndNoCorrelation() throws {
    let found = try statistics("7,10,2\n")
    #expect(found["requests"] == 1)
    #expect(found["prompt_tokens_p99"] == 10)
    #expect(found["duration_s"] == 0)
    for name in ["prompt_output_correlation", "mean_rate_rps", "gap_variation", "burstiness"] {
      #expect(found[name] == nil, "\(name)")
    }
  }

  /// The first block of the second prompt and two of the third are found; the whole of the fourth would be, but its last
  /// token is always computed; the second block of the fifth is at another place.
  @Test func theBestHitRateCountsWholeBlocksFromTheBeginningOfPrompts() throws {
    let prompts = [(1025, [1, 2, 3]), (1000, [1, 4]), (1600, [1, 2, 3, 5]), (1024, [1, 2]), (1100, [6, 2, 7])]
    var reuse = PrefixReuse()
    #expect(reuse.percentage == nil)
    for (tokens, ids) in prompts {
      reuse.add(TraceRequest(arrival: .zero, promptTokens: tokens, outputTokens: 1, prefixIDs: ids))
    }
    #expect(reuse.repeatedTokens == 512 * (0 + 1 + 2 + 1 + 0))
    #expect(reuse.percentage == 100 * 2048.0 / 5749)
  }

  @Test func evenGapsHaveNoFiniteBurstiness() throws {
    let found = try statistics("0,1,1\n10,2,2\n20,3,3\n")
    #expect(found["gap_variation"] == 0)
    #expect(found["burstiness"] == nil)
    #expect((try #require(found["prompt_output_correlation"]) - 1).magnitude < 1e-12)
  }

  @Test func percentilesAgreeWithSortedListsWhateverTheLengths() {
    var random = SeededRandom(seed: 3, stream: "lengths of a test")
    for round in 0..<60 {
      var counter = LengthCounter()
      let lengths = (0..<(1 + Int(random.next() % 50))).map { _ in 1 + Int(random.next() >> (34 + random.next() % 30)) }
      for length in lengths { counter.add(length) }
      let sorted = lengths.sorted()
      let places = [0, 12.5, 50, 99, 100]
      let expected = places.map { place in
        let rank = place / 100 * Double(sorted.count - 1)
        let low = Double(sorted[Int(rank)])
        return low + (Double(sorted[min(Int(rank) + 1, sorted.count - 1)]) - low) * (rank - rank.rounded(.down))
      }
      #expect(counter.percentiles(places) == expected, "round \(round): \(lengths)")
    }
  }

  @Test func theBurstinessOfGammaArrivalsIsTheirShape() throws {
    let workload = try Workload(
      .recipe(fixedRecipe(1, 1)), arrivals: arrivals("{\"process\": \"gamma\", \"burstiness\": 0.5}"),
      rate: RequestsPerSecond(3), requestCount: 100_000, seed: 1)
    let found = try workload.statistics()
    #expect((try #require(found["burstiness"]) - 0.5).magnitude < 0.02)
    #expect((try #require(found["mean_rate_rps"]) - 3).magnitude < 0.05)
  }
}
