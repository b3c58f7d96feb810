import Base
import TestSupport
import Testing

@testable import HardwareModels

@Suite struct ExpertRoutingTests {
  private static let popularities = [
    ExpertPopularity(uniform: 128, topK: 8), ExpertPopularity(zipf: 1.1, count: 128, topK: 8),
    ExpertPopularity(logNormal: 2.12, count: 128, topK: 8), ExpertPopularity(logNormal: 1.33, count: 8, topK: 2),
    ExpertPopularity(logNormal: 8, count: 32, topK: 4), ExpertPopularity(uniform: 4, topK: 4),
  ]

  @Test func aTokenUsesKExperts() {
    for popularity in Self.popularities {
      let total = popularity.inclusion.reduce(0, +)
      #expect((total - total.rounded()).magnitude < 1e-9 && total >= 1)
      #expect(popularity.inclusion.allSatisfy { $0 > 0 && $0 <= 1 })
      let one = popularity.coverage(tokens: 1) * Double(popularity.inclusion.count)
      #expect((one - total).magnitude < 1e-9)
    }
  }

  @Test func uniformCoverageFollowsTheClosedForm() {
    let uniform = ExpertPopularity(uniform: 128, topK: 8)
    for (tokens, percent) in [(16, 64.4), (32, 87.3), (64, 98.4)] {
      #expect((100 * uniform.coverage(tokens: tokens) - percent).magnitude < 0.1)
    }
  }

  @Test func moreTokensNeverTouchFewerExperts() {
    for popularity in Self.popularities {
      var last = 0.0
      for tokens in 0...600 {
        let coverage = popularity.coverage(tokens: tokens)
        #expect(coverage >= last && coverage <= 1)
        last = coverage
      }
    }
  }

  @Test func theNormalQuantileIsThatOfTheTables() {
    #expect(normalQuantile(0.5).magnitude < 1e-12)
    #expect((normalQuantile(0.975) - 1.959963984540054).magnitude < 1e-10)
    #expect((normalQuantile(0.001) + 3.090232306167813).magnitude < 1e-10)
  }

  /// arXiv:2510.08055: coverage of prompts from the bytes of figure 2, of decodes from table 1.
  @Test func thePapersDeploymentMeetsThePublishedCoverage() throws {
    let deployment = try ConfigLibrary(roots: [projectFile("configs")]).resolve("qwen3-30b")
    let model = try Model(reading: #require(deployment.member("model")))
    let routing = try #require(model.routing)
    for (tokens, percent) in [(512, 82.4), (1024, 87.6), (2048, 92.0), (4096, 94.9), (8192, 98.5)] {
      #expect((100 * routing.prompt.coverage(tokens: tokens) / percent - 1).magnitude < 0.03)
    }
    #expect(routing.decode.coverage(tokens: 16) < 0.5)
    #expect((routing.decode.coverage(tokens: 32) - 0.55).magnitude < 0.02)
    #expect(routing.decode.coverage(tokens: 64) < 0.7)
    #expect((routing.decode.coverage(tokens: 128) - 0.863).magnitude < 0.01)
  }

  @Test func aMixedCallTouchesMoreThanEitherPartAndLessThanBoth() throws {
    let routing = try #require(try model("qwen3-30b-a3b").routing)
    let prompt = routing.load(promptTokens: 512, decodeTokens: 0).distinct
    let decode = routing.load(promptTokens: 0, decodeTokens: 32).distinct
    let mixed = routing.load(promptTokens: 512, decodeTokens: 32).distinct
    #expect(mixed > max(prompt, decode) && mixed < prompt + decode)
    #expect((prompt / 128 - routing.prompt.coverage(tokens: 512)).magnitude < 1e-12)
  }

  @Test func drawnExpertsHaveTheExpectedMean() throws {
    let routing = try #require(try model("qwen3-30b-a3b").routing)
    let seed: UInt64 = 11
    var stream = SeededRandom(seed: seed, stream: "test")
    for (prompt, decode) in [(0, 16), (100, 0), (512, 40)] {
      let draws = (0..<2000).map { _ in
        Double(routing.drawDistinct(promptTokens: prompt, decodeTokens: decode, from: &stream))
      }
      let mean = draws.reduce(0, +) / 2000
      // The sum of 128 independent draws has a variance of at most 32: five standard errors.
      let expected = routing.load(promptTokens: prompt, decodeTokens: decode).distinct
      #expect((mean - expected).magnitude < 5 * (32.0 / 2000).squareRoot(), "seed \(seed)")
    }
  }

  @Test(arguments: [16, 64]) func tilesAreThoseOfCountedTokens(_ height: Int) throws {
    let popularity = ExpertPopularity(logNormal: 2.12, count: 128, topK: 8)
    let routing = ExpertRouting(prompt: popularity, decode: popularity)
    let seed: UInt64 = 5
    var stream = SeededRandom(seed: seed, stream: "test")
    var counted = 0
    for _ in 0..<4 {
      for chance in popularity.inclusion {
        let tokens = (0..<512).count { _ in stream.uniform() < chance }
        counted += (tokens + height - 1) / height
      }
    }
    let expected = routing.load(promptTokens: 512, decodeTokens: 0).tiles(ofHeight: height)
    #expect((Double(counted) / 4 / expected - 1).magnitude < 0.04, "seed \(seed): \(counted / 4) against \(expected)")
  }

  @Test(arguments: [
    ("{\"kind\": \"zipff\"}", "kind: no routing kind \"zipff\" — did you mean \"zipf\"?"),
    ("{\"kind\": \"zipf\", \"sigma\": 1}", "the key \"exponent\" is missing"),
    ("{\"kind\": \"empirical\", \"levels\": [[0.5, 1]]}", "levels: the shares sum to 0.5; expected 1"),
    ("{\"kind\": \"empirical\", \"levels\": [[1]]}", "levels[0]: 1 values; expected [share, popularity]"),
  ])
  func aWrongRoutingIsOneSentence(_ json: String, _ expected: String) {
    let experts = Transformer.Experts(count: 8, topK: 2, intermediate: 1)
    let found = sentence { _ = try ExpertPopularity(reading: config(json), experts: experts) }
    #expect(found.hasSuffix(": \(expected)"), "\(found)")
  }
}
