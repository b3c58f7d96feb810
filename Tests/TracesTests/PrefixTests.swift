import Base
import Foundation
import Testing

@testable import Traces

/// Recipes whose prompts begin alike.
@Suite struct PrefixTests {
  private func requests(_ recipe: TraceRecipe, _ count: Int, seed: UInt64 = 1) throws -> [TraceRequest] {
    let workload = try Workload(
      .recipe(recipe), arrivals: SimultaneousArrivals(), rate: nil, requestCount: count, seed: seed)
    var (source, found) = (try workload.open(), [TraceRequest]())
    while let request = try source.next() { found.append(request) }
    return found
  }

  private func prefixes(_ count: Int, tokens: Int, skew: Double = 0) -> String {
    #", "prefixes": {"count": \#(count), "tokens": \#(tokens), "skew": \#(skew)}"#
  }

  /// A prefix of two blocks and 476 tokens: of 1500 + 37 tokens the third block holds the rest of it and tokens of one's
  /// own, so its id is nobody else's.
  @Test func aPromptIsAPrefixThenTokensOfItsOwn() throws {
    let found = try requests(fixedRecipe(37, 9, more: prefixes(1, tokens: 1500)), 3)
    #expect(found.map(\.promptTokens) == [1537, 1537, 1537] && found.map(\.outputTokens) == [9, 9, 9])
    #expect(found.map(\.prefixIDs) == [[0, 1, 2, 3], [0, 1, 4, 5], [0, 1, 6, 7]])
  }

  @Test func prefixesChangeNeitherLengthsNorArrivals() throws {
    let plain = try requests(logNormalRecipe(), 500)
    let sharing = try requests(logNormalRecipe(more: prefixes(20, tokens: 1024, skew: 1)), 500)
    #expect(sharing.map(\.promptTokens) == plain.map { $0.promptTokens + 1024 })
    #expect(sharing.map(\.outputTokens) == plain.map(\.outputTokens) && plain.allSatisfy { $0.prefixIDs.isEmpty })
  }

  @Test func theSameSeedChoosesTheSamePrefixesAndAnotherDoesNot() throws {
    let recipe = try fixedRecipe(1, 1, more: prefixes(50, tokens: 512))
    #expect(try requests(recipe, 200) == requests(recipe, 200))
    #expect(try requests(recipe, 200) != requests(recipe, 200, seed: 2))
  }

  /// An id for each block, as readers of Mooncake's files ask for, and none twice but for the prefix's.
  @Test func everyBlockHasAnIDAndOnlyPrefixesShareThem() throws {
    let found = try requests(logNormalRecipe(more: prefixes(7, tokens: 1300)), 2000)
    for request in found { #expect(request.prefixIDs.count == (request.promptTokens + 511) / 512) }
    let own = found.flatMap { $0.prefixIDs.dropFirst(2) }
    #expect(Set(own).count == own.count)
    #expect(own.min() == 14)
    let shared = Set(found.map { Array($0.prefixIDs.prefix(2)) })
    #expect(shared == [[0, 1], [2, 3], [4, 5], [6, 7], [8, 9], [10, 11], [12, 13]])
  }

  /// Of n requests over N prefixes alike, n - N (1 - (1 - 1/N)^n) find their prefix; over few, all but the first of each.
  @Test(arguments: [(10, 1000), (300, 1000), (5000, 1000)])
  func aCacheWithRoomForAllHitsAsOftenAsIsExpected(count: Int, drawn: Int) throws {
    let found = try TraceStatistics(
      of: Workload(
        .recipe(fixedRecipe(100, 1, more: prefixes(count, tokens: 1024))), arrivals: SimultaneousArrivals(), rate: nil,
        requestCount: drawn, seed: 3
      ).open(), skippedRows: 0)
    let (total, requests) = (Double(count), Double(drawn))
    let hits = requests - total * (1 - pow(1 - 1 / total, requests))
    let expected = 100 * hits * 1024 / (requests * 1124)
    #expect(abs(try #require(found["best_prefix_hit_pct"]) - expected) < 1.5)
  }

  /// Chances 1, 1/4, 1/9 over their sum: 0.735, 0.184, 0.082.
  @Test func aSkewChoosesPrefixesByZipfsLaw() throws {
    let found = try requests(fixedRecipe(1, 1, more: prefixes(3, tokens: 512, skew: 2)), 30_000)
    let shares = (0..<3).map { prefix in Double(found.count { $0.prefixIDs[0] == prefix }) / 30_000 }
    for (share, expected) in zip(shares, [0.7347, 0.1837, 0.0816]) { #expect(abs(share - expected) < 0.01) }
  }

  @Test func aPrefixLeavesRoomForLessBehindIt() throws {
    let tight = try recipe(
      """
      {"kind": "independent", "prompt": {"distribution": "uniform", "min": 1, "max": 1000},
       "output": {"distribution": "fixed", "tokens": 10}}
      """, maxTotalTokens: 1024, more: prefixes(4, tokens: 512))
    #expect(try requests(tight, 2000).map(\.promptTokens).max() == 1014)
  }

  @Test(arguments: [
    ("0", "600", "0", "prefixes.count: 0 is out of range; expected 1…1048576"),
    ("1048577", "600", "0", "prefixes.count: 1048577 is out of range; expected 1…1048576"),
    ("1.5", "600", "0", "prefixes.count: 1.5 is not a whole number"),
    ("1", "511", "0", "prefixes.tokens: 511 is out of range; expected 512…32766"),
    ("1", "32767", "0", "prefixes.tokens: 32767 is out of range; expected 512…32766"),
    ("1", "600", "-0.5", "prefixes.skew: -0.5 is out of range; expected 0.0…10.0"),
    ("1", "600", "11", "prefixes.skew: 11 is out of range; expected 0.0…10.0"),
    ("1", "600", "0, \"skw\": 1", "prefixes.skw: unknown key \"skw\" — did you mean \"skew\"?"),
  ])
  func everyBoundIsChecked(count: String, tokens: String, skew: String, message: String) throws {
    let more = #", "prefixes": {"count": \#(count), "tokens": \#(tokens), "skew": \#(skew)}"#
    let error = #expect(throws: InputError.self) { try fixedRecipe(1, 1, more: more) }
    let problem = "\(try #require(error))".split(separator: ": ", maxSplits: 2)
    #expect(problem.last.map(String.init) == message)
  }

  @Test func aPrefixNeedsABlockAndPromptsMustFitBehindIt() throws {
    let error = #expect(throws: InputError.self) {
      try recipe("{}", maxTotalTokens: 513, more: prefixes(1, tokens: 512))
    }
    #expect("\(try #require(error))".contains("lengths"))
    let behind = #expect(throws: InputError.self) {
      try fixedRecipe(100, 1, more: prefixes(1, tokens: 32700))
    }
    #expect(
      behind?.description
        == "test.json: maxTotalTokens: 1000 requests in a row were longer than 68 tokens behind a prefix of 32700 or "
        + "shorter than one")
  }
}
