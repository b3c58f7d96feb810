import Base
import Pictures
import Results
import TestSupport
import Testing

@testable import Reporting
@testable import Sim

/// What figures of runs show, worked by hand.
@Suite struct FigureTests {
  private let scratch: Scratch

  init() throws { scratch = try Scratch() }

  @Test func theFileKeepsThePercentilesOfTheDistributions() throws {
    let file = try scratch.store(describe("chunked"))
    for (metric, times) in [
      (TimeMetric.timeToFirstToken, summary().timeToFirstToken), (.timeBetweenTokens, summary().timeBetweenTokens),
    ] {
      let quantiles = try file.quantiles(of: file.runs[0], metric)
      #expect(quantiles.map(\.percent) == TimeMetric.percents)
      for quantile in quantiles {
        #expect(times.percentile(quantile.percent).map { $0.value * 1e3 } == quantile.milliseconds)
      }
    }
    #expect(try file.quantiles(of: file.runs[0], .endToEnd).isEmpty)
    #expect(TimeMetric.percents.count == 209)
    #expect(TimeMetric.percents.first == 0 && TimeMetric.percents.last == 100)
    #expect(zip(TimeMetric.percents, TimeMetric.percents.dropFirst()).allSatisfy { $0 < $1 })
  }

  @Test func distributionsAreDrawnFromTheirData() throws {
    let figure = try #require(try scratch.storeTwo().figures(Distributions.self).first)
    #expect(figure.csv.hasPrefix("metric,policy,percent,ms\nttft,chunked,0,1000\nttft,chunked,0.5,"))
    #expect(figure.rows.count == 4 * 209)
    for (panel, metric) in ["ttft", "tbt"].enumerated() {
      let worth = panel == 0 ? 1e3 : 1
      for series in figure.plots(panel)[0].series where series.mark == .curve {
        let own = figure.rows.filter { $0[0] == metric && $0[1] == series.name }
        #expect(own == series.values.map { [metric, series.name, exact($0.y), exact($0.x * worth)] })
      }
    }
    let notes = figure.plots(0)[0].series.flatMap(\.notes)
    #expect(notes.count == 6 && notes[0] == "chunked: 50 % of requests take at most 2.500 s")
  }

  @Test func barsAddUpToTheMetric() throws {
    let file = try scratch.storeTwo()
    let figure = try #require(try file.figures(WorkByClass.self).first)
    for (panel, metric, worth) in [(0, "energy_j", 1e3), (1, "hbm_bytes", 1e-6)] {
      let bars = try #require(figure.panels[panel].drawings[0] as? StackedBars).bars
      for (bar, run) in zip(bars, file.runs) {
        let whole = try #require(run.result[metric]) * worth / 500
        #expect((bar.values.reduce(0, +) - whole).magnitude < 1e-9 * whole)
      }
    }
    #expect(figure.rows[0] == ["Energy per token", "chunked", "idle", "2", "mJ"])
    #expect(figure.rows.count == 2 * (7 + 5))
  }

  @Test func aStretchOfTimeHasTheMeanOverAllOfIt() {
    var bins = TimeBins(2, until: 4)
    bins.add(3, from: 0.5, to: 1)
    bins.add(1, from: 1, to: 3)
    bins.fillGaps()
    #expect(bins.bins.map(\.least) == [0, 0] && bins.bins.map(\.largest) == [3, 1])
    #expect(bins.values(\.mean).map(\.y) == [1.25, 0.5])
    #expect(bins.values(\.mean).map(\.x) == [1, 3])
  }

  @Test func timelinesShowWhatIterationsAndRequestsSay() throws {
    let figure = try #require(try scratch.storeTwo().figures(Timelines.self).first)
    #expect(figure.columns.count == 12 && figure.rows.count == 2 * 240)
    // 240 stretches of 5 s: the last ends at 5; at 2.5 s both requests are in flight and one decodes.
    let middle = figure.rows[120]
    #expect(middle.prefix(2) == ["chunked", "2.5"] && middle[2].hasPrefix("2.5208333333333"))
    #expect(
      middle.dropFirst(3).compactMap(Double.init).map { ($0 * 1e6).rounded() / 1e6 } == [2, 2, 2, 1, 1, 1, 6, 6, 6])
    for (panel, policy) in ["chunked", "layered"].enumerated() {
      let rows = figure.rows.filter { $0[0] == policy }
      for (index, plot) in figure.plots(panel).enumerated() {
        #expect(plot.series[1].values.map { exact($0.y) } == rows.map { $0[4 + 3 * index] })
      }
    }
  }

  @Test func tokensAppearWhenTheirIterationsEnd() throws {
    let figure = try #require(try scratch.storeTwo().figures(TokenGeneration.self).first)
    #expect(
      figure.csv == """
        request,policy,ms_since_arrival,tokens
        1,chunked,2000,1
        1,chunked,4000,2
        1,layered,2000,1
        1,layered,4000,2
        0,chunked,2000,1
        0,chunked,5000,2
        0,layered,2000,1
        0,layered,5000,2

        """)
    #expect(
      figure.panels.map(\.label) == [
        "Request 1, the median prompt: 100 tokens", "Request 0, the largest gap: 300 tokens",
      ])
    let drawn = figure.plots(0)[0].series[0].values
    #expect(drawn.map(\.x) == [0, 2, 2, 4] && drawn.map(\.y) == [0, 0, 1, 2])
  }

  @Test func whatWasNotRecordedIsNotDrawn() throws {
    let file = try scratch.store(describe("chunked"))
    #expect(try file.figures(Timelines.self).isEmpty && file.figures(TokenGeneration.self).isEmpty)
    #expect(
      try Report(of: file).missing.map(\.command) == [
        "lpsim sweep pareto-qwen3", "lpsim sweep slo-qwen3", "lpsim run --record iterations",
        "lpsim run --record iterations",
      ])
  }
}
