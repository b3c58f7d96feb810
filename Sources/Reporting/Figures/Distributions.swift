import Base
import Pictures
import Results

/// How many requests, or gaps between tokens, are at most so long.
enum Distributions: FigureKind {
  static let title = "TTFT and TBT distributions"
  static let name = "distributions"
  static let command = "lpsim run"

  private static let caption = """
    How many of a hundred take at most so long; further left is better. Marks stand at the 50th, 90th and 99th \
    percentile, the broken upright is the limit of the service level. Look at the tail: a curve that bends over early \
    keeps some users waiting.
    """

  private struct Curve {
    let policy: String
    let quantiles: [(percent: Double, milliseconds: Double)]
  }

  static func figures(of subject: Subject) throws -> [Figure] {
    guard case .comparison(let runs, let file) = subject else { return [] }
    var figure = Figure(
      name: name, title: title, caption: caption, panels: [],
      columns: ["metric", "policy", "percent", "ms"], rows: [])
    for metric in [TimeMetric.timeToFirstToken, .timeBetweenTokens] {
      let curves = try runs.map { Curve(policy: $0.result.run.policy, quantiles: try file.quantiles(of: $0, metric)) }
      guard curves.contains(where: { !$0.quantiles.isEmpty }), let first = runs.first else { continue }
      figure.panels.append(panel(metric, curves, first.result.run))
      for curve in curves {
        figure.rows += curve.quantiles.map {
          [metric.rawValue, curve.policy, exact($0.percent), exact($0.milliseconds)]
        }
      }
    }
    return figure.panels.isEmpty ? [] : [figure]
  }

  private static func panel(_ metric: TimeMetric, _ curves: [Curve], _ run: RunDescription) -> Figure.Panel {
    let isFirst = metric == .timeToFirstToken
    let (unit, worth) = isFirst ? ("s", 1e3) : ("ms", 1)
    let limits = run.serviceLevel
    let limit = (isFirst ? limits.timeToFirstToken : limits.timeBetweenTokens).milliseconds / worth
    let things = isFirst ? "requests" : "gaps"
    var series: [Plot.Series] = []
    for (colour, curve) in curves.enumerated() {
      let places = curve.quantiles.map { (x: $0.milliseconds / worth, y: $0.percent) }
      let marked = places.filter { [50, 90, 99].contains($0.y) }
      let notes = marked.map {
        "\(curve.policy): \(exact($0.y)) % of \(things) take at most \(readable($0.x)) \(unit)"
      }
      series.append(Plot.Series(curve.policy, .curve, colour: colour, places))
      series.append(Plot.Series("", .shapes, colour: colour, marked, notes: notes))
    }
    series.append(Plot.Series("limit \(exact(limit)) \(unit)", .limit, colour: 0, [(limit, 0), (limit, 100)]))
    let across = PlotScale(fitting: series.flatMap { $0.values.map(\.x) }, title: "\(metric.title), \(unit)")
    let up = PlotScale(.linear, around: [0, 100], title: "% of \(things)")
    let title = isFirst ? "Time to first token (TTFT)" : "Time between tokens (TBT)"
    return Figure.Panel(title, [Plot(title, across, up, series, size: .half)])
  }
}
