import Pictures
import Results

/// Which share of requests meets its limits, by rate.
enum Attainment: FigureKind {
  static let title = "SLO attainment against rate"
  static let name = "attainment"
  static let command = "lpsim sweep slo-qwen3"
  /// More panels below each other nobody looks at.
  private static let mostPanels = 6

  static func figures(of subject: Subject) throws -> [Figure] {
    let found: [RateCurve]
    switch subject {
    case .comparison: return []
    case .rates(let curves): found = curves
    case .sweep(let results): found = results.bestRateCurves
    }
    let curves = found.filter { curve in
      curve.steps.count > 1 && curve.steps.contains { $0.mean("slo_attainment_pct") != nil }
    }
    let circumstances = distinct(curves.map(\.circumstances))
    guard !curves.isEmpty else { return [] }
    let shown = circumstances.prefix(Self.mostPanels)
    let panels = shown.map { words in panel(words, curves.filter { $0.circumstances == words }) }
    return [
      Figure(
        name: name, title: title, caption: caption(curves, left: circumstances.count - shown.count),
        panels: panels, columns: ["circumstances", "policy", "settings", "rate_rps", "slo_attainment_pct", "seeds"],
        rows: curves.filter { shown.contains($0.circumstances) }.flatMap(rows))
    ]
  }

  private static func caption(_ curves: [RateCurve], left: Int) -> String {
    var words = ["Completed requests within both limits; further up and right is better."]
    words.append("Look for the rate at which a curve leaves the top: that is what the deployment carries.")
    if curves.contains(where: { !$0.settings.isEmpty }) {
      words.append("Each policy has the settings with which it serves best, mean over these rates.")
    }
    if curves.contains(where: { $0.steps.contains { $0.seedCount > 1 } }) { words.append("Means over the seeds.") }
    if left > 0 { words.append("\(left) more sets of circumstances are left out.") }
    return words.joined(separator: " ")
  }

  private static func rows(of curve: RateCurve) -> [[String]] {
    curve.steps.compactMap { step in
      step.mean("slo_attainment_pct").map {
        [curve.circumstances, curve.policy, curve.settings, exact(step.rate), exact($0), "\(step.seedCount)"]
      }
    }
  }

  private static func panel(_ circumstances: String, _ curves: [RateCurve]) -> Figure.Panel {
    let series = curves.enumerated().flatMap { colour, curve -> [Plot.Series] in
      let places = curve.steps.compactMap { step in step.mean("slo_attainment_pct").map { (x: step.rate, y: $0) } }
      let name = curve.settings.isEmpty ? curve.policy : "\(curve.policy), \(curve.settings)"
      let notes = places.map { "\(name) at \(exact($0.x)) req/s: \(readable($0.y)) % within the limits" }
      return [
        Plot.Series(name, .curve, colour: colour, places),
        Plot.Series("", .shapes, colour: colour, places, notes: notes),
      ]
    }
    let rates = series.flatMap { $0.values.map(\.x) }
    return Figure.Panel(
      circumstances,
      [
        Plot(
          circumstances, PlotScale(.linear, around: rates, title: "requests a second"),
          PlotScale(.linear, around: [0, 100], title: "% within the limits"), series, size: .half)
      ])
  }
}
