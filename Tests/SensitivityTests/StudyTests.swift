import Base
import Results
import TestSupport
import Testing
import Traces

@testable import Sensitivity

/// The studies, on a few requests of the paper's deployment.
@Suite struct StudyTests {
  private let library = ConfigLibrary(roots: [projectFile("configs")])

  private func evaluator(workers: Int = 2) throws -> Evaluator {
    let trace = try TraceChoice("arxiv", in: library)
    let scenario = try Scenario(
      try library.resolve("qwen3-30b").setting("trace", to: library.load("arxiv", .trace)), serving: trace,
      rate: RequestsPerSecond(2),
      requestCount: 12, seedCount: 2, programVersion: "test")
    return Evaluator(scenario, by: Crew(workers: workers))
  }

  private func parameters(_ keys: String..., for evaluator: Evaluator) throws -> [Parameter] {
    var file = try ParameterFile(reading: library.load("default", .sensitivity), for: evaluator.scenario.tree)
    try file.keep(only: keys, option: "")
    return file.parameters
  }

  @Test func whatCannotMatterHasNoSwing() throws {
    let evaluator = try evaluator()
    let study = try OneAtATime(
      try parameters("gpu.power.idleWatts", "engine.hostSecondsPerIteration", for: evaluator), Headline.ofRuns,
      by: evaluator)
    let (host, idle) = (study.effects[0], study.effects[1])
    let energy = try #require(Headline.ofRuns.firstIndex(of: .energy))
    for headline in Headline.ofRuns.indices {
      let swing = try #require(study.swing(of: idle, headline))
      #expect((swing == 0) == (headline != energy))
      #expect(try #require(study.swing(of: host, headline)) > 0)
    }
    #expect(study.ranked(by: 0).map(\.effect.parameter.key.description).first == "engine.hostSecondsPerIteration")
    #expect(study.base == study.seeds.map(mean))
  }

  @Test func findingsDoNotDependOnTheNumberOfWorkers() throws {
    func findings(workers: Int) throws -> String {
      let evaluator = try evaluator(workers: workers)
      let parameters = try parameters(
        "engine.experts[*].bandwidthEfficiency", "trace.lengths.prompt.median", for: evaluator)
      let findings = Findings(
        evaluator.scenario, try OneAtATime(parameters, Headline.ofRuns, by: evaluator),
        try Sampled(parameters, samples: 5, by: evaluator), try BreakEven(parameters, by: evaluator))
      return try findings.csv() + findings.json().prettyJSON() + findings.oneAtATime.text + findings.sampled.text
        + findings.breakEven.text(in: evaluator.scenario.tree)
    }
    #expect(try findings(workers: 1) == findings(workers: 3))
  }

  @Test func theCSVHasARowForEachPointWithTheValuesThatWereSet() throws {
    let evaluator = try evaluator()
    let parameters = try parameters("engine.hostSecondsPerRequest", for: evaluator)
    let csv = try Findings(
      evaluator.scenario, try OneAtATime(parameters, Headline.ofRuns, by: evaluator),
      try Sampled(parameters, samples: 2, by: evaluator), try BreakEven([], by: evaluator)
    ).csv()
    let rows = csv.split(separator: "\n").map { $0.split(separator: ",") }
    #expect(rows.map { $0[0] } == ["study", "as it is", "low", "high", "sampled", "sampled"])
    #expect(rows[0][1] == "engine.hostSecondsPerRequest" && rows[1...3].map { $0[1] } == ["1e-05", "0", "5.2e-05"])
    #expect(rows.allSatisfy { $0.count == 6 })
  }

  @Test func oneComparedPolicyIsNotEnough() throws {
    let trace = try TraceChoice("arxiv", in: library)
    let tree = try library.resolve(
      "qwen3-30b", overrides: [try ConfigOverride(parsing: "compare=[\"layered\"]")])
    #expect {
      try Scenario(tree, serving: trace, rate: nil, requestCount: 3, seedCount: 1, programVersion: "")
    } throws: { "\($0)".hasSuffix("only \"layered\" is compared; expected two policies under \"compare\"") }
  }

  /// A change of TTFT that rises by itself, and one that falls and rises: where they are below zero, the policy wins.
  @Test(arguments: [
    (0.37, 2.0, [0.0...0.37]), (2.0, 3.0, [0.0...1.0]), (-2, -1, []), (0.2, 0.7, [0.0...0.2, 0.7...1.0]),
  ])
  func theTurnsOfAFunctionAreFound(_ first: Double, _ second: Double, _ expected: [ClosedRange<Double>]) throws {
    func change(_ share: Double) -> Double { first < 0 ? 1 : (share - first) * (second - share) }
    let shares = (0...8).map { Double($0) / 8 }
    let parameter = try Parameter(reading: config(#"{"key": "c", "range": [0, 1], "why": ""}"#))
    let grid = Grid(parameter: parameter, headline: .meanTTFT, shares: shares, changes: shares.map(change))
    let turns = try grid.crossings.map { place in
      try grid.crossing(after: place, precision: 1e-6) { change($0.settings[0].share) }
    }
    let wins = grid.wins(between: turns)
    #expect(wins.count == expected.count)
    for (win, expected) in zip(wins, expected) {
      #expect((win.lowerBound - expected.lowerBound).magnitude < 1e-6)
      #expect((win.upperBound - expected.upperBound).magnitude < 1e-6)
    }
  }
}
