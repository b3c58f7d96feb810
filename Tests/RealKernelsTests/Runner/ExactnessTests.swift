import Base
import HardwareModels
import RealKernels
import Sim
import TestSupport
import Testing
import Traces

/// The order of work changes nothing but the order of work. Logits of different tilings differ by rounding only: kernels
/// sum in another order for another number of rows, and a decoded token's attention sums by another kernel than a
/// prefilled one's. Keys and values are in Float32 here; in bfloat16 a difference in rounding shows up to 2 % of the size.
@Suite(.enabled(if: machines.contains { $0.backend == .cpu }, "\(notBuilt)")) struct ExactnessTests {
  private let tolerance = Tolerance(between: .float32)

  private func transformer(_ model: Model, seed: UInt64) throws -> RealTransformer {
    let machine = try #require(machines.first { $0.backend == .cpu })
    return try RealTransformer(model, on: machine.open(threads: 2), seed: seed, cacheType: .float32)
  }

  /// Every prompt whole, one after the other.
  private let whole = Orca(tokenBudget: 1)

  private func compare(_ found: Answers, with expected: Answers, _ what: String) throws {
    #expect(found.words == expected.words, "\(what)")
    for (request, (one, right)) in zip(found.logits, expected.logits).enumerated() {
      try #require(one.count == right.count, "\(what), request \(request)")
      for (token, (row, rightRow)) in zip(one, right).enumerated() {
        try tolerance.compare(
          row, with: rightRow.map { Double($0) }, "\(what), request \(request), token \(token)")
      }
    }
  }

  @Test(arguments: 0..<12 as Range<UInt64>) func anyLegalTilingGivesTheLogitsOfWholePrompts(_ seed: UInt64) throws {
    let real = try transformer(smallModel(window: seed % 2 == 0 ? nil : 20), seed: seed)
    let trace = smallTrace(seed: seed)
    let expected = try answers(to: trace, from: real, under: whole, seed: seed)
    let found = try answers(to: trace, from: real, under: RandomPolicy(seed: seed), seed: seed)
    try compare(found, with: expected, "random tiling, seed \(seed)")
  }

  @Test(arguments: [
    ("chunked", #"{"tokenBudget": 16}"#), ("layered", #"{"cohortTokens": 256, "maxGroups": 5, "groupRule": "fixed"}"#),
    ("layered", #"{"cohortTokens": 24, "maxGroups": 2, "groupRule": "fixed"}"#), ("orca", #"{"tokenBudget": 128}"#),
    ("static", #"{"batchSize": 3, "tokenBudget": 256}"#),
  ])
  func everyPolicyGivesTheLogitsOfWholePrompts(_ name: String, _ settings: String) throws {
    let real = try transformer(smallModel(), seed: 3)
    let trace = smallTrace(seed: 30)
    let expected = try answers(to: trace, from: real, under: whole, seed: 4)
    let policy = try makePolicy(name, settings: config(settings), layerCount: 5)
    try compare(answers(to: trace, from: real, under: policy, seed: 4), with: expected, "\(name) \(settings)")
  }

  @Test(arguments: 0..<4 as Range<UInt64>) func preemptionByRecomputeChangesNoAnswer(_ seed: UInt64) throws {
    let real = try transformer(smallModel(), seed: seed)
    let trace = (0..<4).map { _ in TraceRequest.at(0, prompt: 13, output: 12) }
    let expected = try answers(to: trace, from: real, under: whole, seed: seed)
    let tight = try answers(
      to: trace, from: real, under: ChunkedPrefill(tokenBudget: 20), blocks: 17, seed: seed)
    #expect(tight.summary.preemptions > 0)
    try compare(tight, with: expected, "preempted, seed \(seed)")
  }

  @Test(arguments: [(true, nil), (true, 9), (false, nil)])
  func theLogitsAreThoseOfAPlainTransformer(_ hasHeadNorms: Bool, _ window: Int?) throws {
    let model = smallModel(window: window, hasHeadNorms: hasHeadNorms)
    let real = try transformer(model, seed: 7)
    let experts = try #require(model.transformer.experts)
    let reference = try ReferenceTransformer(real, experts)
    var runner = try TransformerRunner(real, slotTokens: 64)
    var words = (0..<30).map { Int32($0 * 37 % 96) }
    func check(_ what: String) throws {
      let right = reference.logits(words)[words.count - 1]
      try tolerance.compare(runner.logits()[0], with: right, what)
    }
    let tiles = [(0..<12, 0..<3), (12..<30, 0..<2), (0..<12, 3..<5), (12..<30, 2..<5)]
    for (tokens, layers) in tiles {
      let emits = tokens.upperBound == 30 && layers.upperBound == 5
      let tile = RunnerBatch.Tile(slot: 1, tokens: tokens, layers: layers, words: words[tokens], emits: emits)
      let came = try runner.run(RunnerBatch(tiles: [tile]))
      if emits {
        try check("prompt")
        words += came
      }
    }
    for step in 0..<4 {
      let last = words.count - 1
      words += try runner.run(
        RunnerBatch(decodes: [RunnerBatch.Decode(slot: 1, position: last, word: words[last])]))
      let next = words.removeLast()
      try check("decoded token \(step)")
      words.append(next)
    }
  }

  @Test func slotsGrowAndKeepWhatTheyHold() throws {
    let real = try transformer(smallModel(), seed: 5)
    let words = (0..<20).map { Int32($0) }
    func logits(growing: Bool) throws -> [Float] {
      var runner = try TransformerRunner(real, slotTokens: 32, slotCount: 1)
      let first = RunnerBatch.Tile(slot: 0, tokens: 0..<10, layers: 0..<5, words: words[0..<10], emits: false)
      _ = try runner.run(RunnerBatch(tiles: [first]))
      if growing { try runner.reserve(slots: 3) }
      let second = RunnerBatch.Tile(slot: 0, tokens: 10..<20, layers: 0..<5, words: words[10..<20], emits: true)
      _ = try runner.run(RunnerBatch(tiles: [second]))
      return try runner.logits()[0]
    }
    #expect(try logits(growing: true) == logits(growing: false))
  }
}
