import Base
import Testing

@testable import Traces

@Suite struct RecipeTests {
  /// Statistics of sharegpt_8k.csv (microsoft/sarathi-serve@72339db data/processed_traces), percentiles as NumPy's.
  static let shareGPT: [(name: String, value: Double)] = [
    ("prompt_tokens_mean", 2340.0335), ("prompt_tokens_p50", 1730), ("prompt_tokens_p90", 5696),
    ("prompt_tokens_p99", 7433.7), ("output_tokens_mean", 438.7097), ("output_tokens_p50", 415),
    ("output_tokens_p90", 834), ("output_tokens_p99", 998), ("prompt_output_correlation", 0.0408067),
  ]

  private func builtIn(_ name: String) throws -> TraceRecipe {
    try TraceRecipe(contentsOf: "\(projectFolder)/configs/traces/\(name).json")
  }

  private func statistics(_ recipe: TraceRecipe, count: Int) throws -> TraceStatistics {
    try Workload(
      .recipe(recipe), arrivals: SimultaneousArrivals(), rate: nil, requestCount: count, seed: 1
    ).statistics()
  }

  @Test func shareGPTLengthsMatchTheTraceWithinOnePercent() throws {
    let found = try statistics(builtIn("sharegpt"), count: 400_000)
    for (name, value) in Self.shareGPT {
      let tolerance = name == "prompt_output_correlation" ? 0.01 : 0.01 * value
      #expect((try #require(found[name]) - value).magnitude < tolerance, "\(name): \(found[name] ?? 0), not \(value)")
    }
    #expect(try #require(found["total_tokens_max"]) <= 8192)
  }

  /// The published means are 8675 to 8922 and 201 to 203. The log-normal's p90 of 17.3k becomes, once the 1.3 % of
  /// prompts above the limit are drawn again, 7306·exp(0.6725·z(0.888)) = 16.56k.
  @Test func arXivLengthsMatchThePublishedFigures() throws {
    let found = try statistics(builtIn("arxiv"), count: 200_000)
    #expect((try #require(found["prompt_tokens_mean"]) / 8750 - 1).magnitude < 0.01)
    #expect((try #require(found["prompt_tokens_p90"]) / 16_560 - 1).magnitude < 0.01)
    #expect((201...203).contains(try #require(found["output_tokens_mean"])))
    #expect(try #require(found["total_tokens_max"]) <= 32768)
  }

  @Test func everyBuiltInRecipeBearsItsFilesNameAndNamesItsSources() throws {
    let found = names(in: "\(projectFolder)/configs/traces", endingIn: ".json")
    #expect(found == ["arxiv", "arxiv-qa", "sharegpt", "tiny"])
    for name in found {
      let node = try ConfigNode(contentsOf: "\(projectFolder)/configs/traces/\(name).json")
      let sources = node.member("sources")?.members?.map(\.key) ?? []
      #expect(try TraceRecipe(reading: node).name == name)
      #expect(sources.contains("maxTotalTokens"))
      #expect(sources.contains("lengths") || sources.contains("lengths.prompt") && sources.contains("lengths.output"))
    }
  }

  @Test func aLogNormalHasItsMedianAndItsMean() throws {
    let found = try statistics(logNormalRecipe(), count: 100_000)
    #expect((try #require(found["prompt_tokens_p50"]) / 500 - 1).magnitude < 0.01)
    // exp(0.5²/2) = 1.1331
    #expect((try #require(found["prompt_tokens_mean"]) / (500 * 1.1331) - 1).magnitude < 0.01)
    #expect(try #require(found["prompt_output_correlation"]).magnitude < 0.01)
  }

  @Test func aUniformLengthReachesBothItsBounds() throws {
    let uniform = try recipe(
      """
      {"kind": "independent", "prompt": {"distribution": "uniform", "min": 3, "max": 5},
       "output": {"distribution": "fixed", "tokens": 7}}
      """)
    let found = try statistics(uniform, count: 30_000)
    #expect(found["prompt_tokens_min"] == 3)
    #expect(found["prompt_tokens_max"] == 5)
    #expect((try #require(found["prompt_tokens_mean"]) - 4).magnitude < 0.03)
    #expect(found["output_tokens_min"] == 7)
    #expect(found["output_tokens_max"] == 7)
  }

  @Test func requestsAboveTheLimitAreDrawnAgain() throws {
    let cut = try recipe(
      """
      {"kind": "independent", "prompt": {"distribution": "uniform", "min": 1, "max": 100},
       "output": {"distribution": "uniform", "min": 1, "max": 100}}
      """, maxTotalTokens: 100)
    let found = try statistics(cut, count: 20_000)
    #expect(found["total_tokens_max"] == 100)
    // Uniform on the triangle of prompts and outputs from 1 whose sum is at most 100: the mean is 34.
    #expect((try #require(found["prompt_tokens_mean"]) - 34).magnitude < 0.7)
    #expect((try #require(found["prompt_output_correlation"]) + 0.5).magnitude < 0.03)
  }

  @Test(arguments: [
    (
      "{\"kind\": \"quantile\"}",
      "test.json: line 1, column 97: lengths.kind: no kind of lengths \"quantile\" — did you mean \"quantiles\"?"
    ),
    (
      "{\"kind\": \"independent\", \"prompt\": {\"distribution\": \"normal\"}, \"output\": 1}",
      "test.json: line 1, column 139: lengths.prompt.distribution: no distribution \"normal\" — known: lognormal, "
        + "uniform, fixed"
    ),
    (
      "{\"kind\": \"independent\", \"prompt\": {\"distribution\": \"fixed\", \"token\": 1}, \"output\": 1}",
      "test.json: line 1, column 122: lengths.prompt: the key \"tokens\" is missing — is \"token\" meant to be it?"
    ),
    (
      "{\"kind\": \"quantiles\", \"slices\": [{\"share\": 0.5, \"prompt\": [1, 2], \"output\": [1, 2]}]}",
      "test.json: line 1, column 120: lengths.slices: the shares add up to 0.5; expected 1"
    ),
    (
      "{\"kind\": \"quantiles\", \"slices\": [{\"share\": 1, \"prompt\": [2, 1], \"output\": [1, 2]}]}",
      "test.json: line 1, column 148: lengths.slices[0].prompt[1]: the quantile 1 is below the one before it, 2.0"
    ),
    (
      "{\"kind\": \"quantiles\", \"slices\": [{\"share\": 1, \"prompt\": [2], \"output\": [1, 2]}]}",
      "test.json: line 1, column 144: lengths.slices[0].prompt: a list of 1 is too short; expected 2 quantiles or more"
    ),
  ])
  func aWrongRecipeSaysWhereAndWhat(_ lengths: String, _ expected: String) throws {
    #expect(try complaint { _ = try recipe(lengths) } == expected)
  }

  @Test func aRecipeOfWhichNothingFitsIsRefused() throws {
    #expect(
      try complaint { _ = try fixedRecipe(40_000, 1) }
        == "test.json: maxTotalTokens: 1000 requests in a row were longer than 32768 tokens or shorter than one")
  }
}
