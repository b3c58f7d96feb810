import Base
import Testing

@testable import Traces

/// The files shared beside the project; counts and sums were taken from them with Python's csv and json modules.
@Suite(.enabled(if: hasSharedTraces, "the shared traces are not beside the project"))
struct RealTraceTests {
  struct Expected: Sendable {
    let file: String
    let format: String
    let count: Int
    let promptTokens: Int
    let outputTokens: Int
    let first: (prompt: Int, output: Int)
    let last: (arrival: Int64, prompt: Int, output: Int)
  }

  static let files = [
    Expected(
      file: "sharegpt_8k.csv", format: "vidur", count: 30_731, promptTokens: 71_911_571, outputTokens: 13_481_988,
      first: (74, 918), last: (0, 2285, 363)),
    Expected(
      file: "arxiv_summarization_4k.csv", format: "vidur", count: 28_257, promptTokens: 73_131_321,
      outputTokens: 8_234_948, first: (3772, 54), last: (0, 3178, 313)),
    Expected(
      file: "splitwise_conv.csv", format: "vidur", count: 19_366, promptTokens: 22_361_870, outputTokens: 4_088_665,
      first: (374, 44), last: (3_501_721_937_000, 197, 183)),
    Expected(
      file: "azure_2023_code.csv", format: "azure", count: 8819, promptTokens: 18_059_974, outputTokens: 245_896,
      first: (4808, 10), last: (3_435_948_056_000, 549, 173)),
    Expected(
      file: "mooncake_synthetic.jsonl", format: "mooncake", count: 3993, promptTokens: 61_194_628,
      outputTokens: 595_432, first: (40_160, 6), last: (1_022_025_000_000, 18_440, 83)),
  ]

  @Test(arguments: files.indices) func everyRequestOfARealTraceIsRead(_ index: Int) throws {
    let expected = Self.files[index]
    let file = try TraceFile(path: sharedTraces + expected.file)
    #expect(type(of: file.format).name == expected.format)
    let requests = try all(file.open())
    let first = try #require(requests.first)
    let last = try #require(requests.last)
    #expect(requests.count == expected.count)
    #expect(requests.reduce(0) { $0 + $1.promptTokens } == expected.promptTokens)
    #expect(requests.reduce(0) { $0 + $1.outputTokens } == expected.outputTokens)
    #expect(
      (first.arrival, first.promptTokens, first.outputTokens) == (.zero, expected.first.prompt, expected.first.output))
    #expect(last.arrival.nanoseconds == expected.last.arrival)
    #expect((last.promptTokens, last.outputTokens) == (expected.last.prompt, expected.last.output))
  }

  @Test func theShareGPTRecipeMatchesTheTraceItWasMadeFrom() throws {
    let trace = try TraceFile(path: sharedTraces + "sharegpt_8k.csv").statistics()
    for (name, value) in RecipeTests.shareGPT {
      #expect((try #require(trace[name]) - value).magnitude < 1e-4 * value, "\(name)")
    }
  }

  @Test func aCacheWithoutEndFindsSixtyFivePercentOfTheMooncakePrompts() throws {
    let found = try TraceFile(path: sharedTraces + "mooncake_synthetic.jsonl").statistics()
    // The same count in Python: 39,802,880 of 61,194,628 tokens.
    #expect(try #require(found["best_prefix_hit_pct"]) == 100 * 39_802_880.0 / 61_194_628)
  }

  @Test func aRealTraceIsRescaledToARate() throws {
    let file = try TraceFile(path: sharedTraces + "azure_2023_code.csv")
    let workload = try Workload(
      .file(file), arrivals: PoissonArrivals(), rate: RequestsPerSecond(2), requestCount: nil, seed: 0)
    let rate = try #require(workload.statistics()["mean_rate_rps"])
    #expect(workload.requestCount == 8819)
    #expect((rate - 2).magnitude < 1e-9)
  }
}
