import Base
import Pictures
import TestSupport
import Testing

@testable import Reporting
@testable import Results
@testable import Sim

/// What figures of sweeps, and of runs at several rates, show.
@Suite struct SweepFigureTests {
  private let scratch: Scratch

  init() throws { scratch = try Scratch() }

  /// Two chunks of chunked prefill and two group counts of layered at two rates; layered serves better, the larger
  /// setting of each does, and the higher rate does worse.
  private func results() throws -> SweepResults {
    let sweep = try Sweep(
      reading: ConfigNode(
        parsing: """
          {"name": "s", "base": "b", "trace": "arxiv",
          "axes": [{"key": "rate", "values": [1, 2]}, {"key": "policy", "values": ["chunked", "layered"]},
            {"key": "policies.chunked.tokenBudget", "values": [512, 1024]},
            {"key": "policies.layered.maxGroups", "values": [8, 16]}],
          "frontiers": [{"name": "f", "objectives": [{"min": "ttft_p99_ms"}, {"max": "slo_attainment_pct"}], "by": ["rate"]}]}
          """, file: "s.json"))
    let path = scratch.path("s.sqlite")
    let recorder = try SweepRecorder(sweep, in: RunStore(path: path), programVersion: "0.1.0")
    for number in 1...sweep.pointCount {
      let isLayered = sweep.text(of: "policy", at: number) == "layered"
      let isLarge = sweep.summary(of: number).contains("1024") || sweep.summary(of: number).contains("16")
      let isFast = sweep.text(of: "rate", at: number) == "2"
      let run = describe(isLayered ? "layered" : "chunked", name: "p\(number)", rate: Double(number))
      let result = RunResult(
        run,
        summary(
          within: (isLayered ? 2 : 1) + (isLarge ? 1 : 0) - (isFast ? 1 : 0),
          scale: isLayered ? 1 : 2))
      try recorder.record(number, .simulated(result, gpuCount: 1))
    }
    try recorder.finish()
    return try SweepResults(path: path)
  }

  @Test func eachPolicyServesWithItsBestSettings() throws {
    let results = try results()
    #expect(results.bestRateCurves.map(\.settings) == ["tokenBudget 1024", "maxGroups 16"])
    let figure = try #require(try Attainment.figures(of: .sweep(results)).first)
    #expect(
      figure.csv == """
        circumstances,policy,settings,rate_rps,slo_attainment_pct,seeds
        arxiv,chunked,tokenBudget 1024,1,50,1
        arxiv,chunked,tokenBudget 1024,2,25,1
        arxiv,layered,maxGroups 16,1,75,1
        arxiv,layered,maxGroups 16,2,50,1

        """)
    let drawn = figure.plots(0)[0].series.filter { $0.mark == .curve }.flatMap(\.values)
    #expect(drawn.map { exact($0.y) } == figure.rows.map { $0[4] })
  }

  @Test func aFrontierShowsEveryPointAndMarksThoseThatNoneBeats() throws {
    let results = try results()
    let figure = try #require(try Frontiers.figures(of: .sweep(results)).first)
    #expect(figure.title == "Pareto frontier: TTFT p99 against SLO attainment, by rate")
    #expect(figure.columns == ["rate", "point", "policy", "is_best", "ttft_p99_ms", "slo_attainment_pct", "settings"])
    #expect(figure.rows.count == 8 && figure.rows.filter { $0[3] == "1" }.map { $0[2] } == ["layered", "layered"])
    for (panel, rate) in ["1", "2"].enumerated() {
      let shapes = figure.plots(panel)[0].series.filter { [.shapes, .fadedShapes].contains($0.mark) }
      let drawn = shapes.flatMap(\.values).map { [exact($0.x), exact($0.y)] }
      let data = figure.rows.filter { $0[0] == rate }.map { Array($0[4...5]) }
      #expect(drawn.sorted { $0.joined() < $1.joined() } == data.sorted { $0.joined() < $1.joined() })
      #expect(shapes.flatMap(\.notes).count == 4)
    }
  }

  @Test func aSweepsReportSaysWhoOwnsItsFrontier() throws {
    let report = try Report(
      of: {
        _ = try results(); return try ResultsFile(path: scratch.path("s.sqlite"))
      }())
    #expect(report.chapters.map(\.title) == ["Sweep s"])
    #expect(
      report.chapters[0].verdict
        == "Of the 2 points that no other one beats (less TTFT p99, more SLO attainment), layered has 2.")
  }

  @Test func runsThatDifferInTheirRatesMakeCurves() throws {
    try scratch.store(describe("chunked", rate: 2), summary(within: 1))
    try scratch.store(describe("chunked", rate: 1), summary(within: 4))
    let file = try scratch.store(describe("layered", index: 1, rate: 1), summary(within: 3))
    let figure = try #require(try Attainment.figures(of: .rates(file.rateCurves())).first)
    #expect(figure.rows == [["arxiv", "chunked", "", "1", "100", "1"], ["arxiv", "chunked", "", "2", "25", "1"]])
    #expect(
      try Report(of: file).chapters.map(\.title) == [
        "All runs", "tiny: arxiv at 1 request a second", "tiny: arxiv at 2 requests a second",
      ])
  }
}
