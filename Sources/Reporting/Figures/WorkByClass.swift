import Pictures
import Results

/// What a token costs in energy and in memory traffic, by what it was spent on.
enum WorkByClass: FigureKind {
  static let title = "Energy and HBM traffic by class"
  static let name = "work"
  static let command = "lpsim run"
  private static let mostBars = 16

  private struct Bar {
    let name: String
    let value: (String) -> Double?
    /// Of all requests that were served.
    var tokens: Double { (value("prompt_tokens") ?? 0) + (value("output_tokens") ?? 0) }
  }

  static func figures(of subject: Subject) throws -> [Figure] {
    let bars = Self.bars(of: subject).filter { $0.tokens > 0 }
    var figure = Figure(
      name: name, title: title, caption: caption(left: bars.count - mostBars), panels: [],
      columns: ["quantity", "bar", "class", "per_token", "unit"], rows: [])
    add("Energy per token", "energy_j", 1e3, "mJ", bars.prefix(mostBars), to: &figure)
    add("HBM traffic per token", "hbm_bytes", 1e-6, "MB", bars.prefix(mostBars), to: &figure)
    return figure.panels.isEmpty ? [] : [figure]
  }

  private static func caption(left: Int) -> String {
    """
    For each prompt and output token that was served; shorter is better. Look at the weights: layered prefill reads a \
    prompt's experts once, chunked prefill once a chunk.\(left > 0 ? " \(left) more bars are left out." : "")
    """
  }

  private static func bars(of subject: Subject) -> [Bar] {
    switch subject {
    case .comparison(let runs, _):
      runs.map { run in Bar(name: run.result.run.policy) { run.result[$0] } }
    case .rates: []
    case .sweep(let results): bars(of: results.bestRateCurves)
    }
  }

  /// Policies beside each other, at one rate after the other.
  private static func bars(of curves: [RateCurve]) -> [Bar] {
    distinct(curves.map(\.circumstances)).flatMap { circumstances -> [Bar] in
      let own = curves.filter { $0.circumstances == circumstances }
      return distinct(own.flatMap { $0.steps.map { exact($0.rate) } }).flatMap { rate in
        own.flatMap { curve in
          let name = ["\(rate) req/s", circumstances, curve.policy, curve.settings].filter { !$0.isEmpty }
          return curve.steps.filter { exact($0.rate) == rate }.map { step in
            Bar(name: name.joined(separator: ", ")) { step.mean($0) }
          }
        }
      }
    }
  }

  private static func add(
    _ title: String, _ sum: String, _ worth: Double, _ unit: String, _ bars: ArraySlice<Bar>, to figure: inout Figure
  ) {
    let parts = Metric.named(sum).parts
    let whole = bars.filter { bar in parts.allSatisfy { bar.value($0.name) != nil } }
    guard !whole.isEmpty else { return }
    let stacks = whole.map { bar in
      StackedBars.Bar(bar.name, parts.map { (bar.value($0.name) ?? 0) * worth / bar.tokens })
    }
    let drawing = StackedBars(title, parts: parts.map(\.plainTitle), stacks, axis: "\(unit) a token", format: readable)
    figure.panels.append(Figure.Panel(title, [drawing]))
    for bar in stacks {
      figure.rows += zip(parts, bar.values).map { [title, bar.name, $0.plainTitle, exact($1), unit] }
    }
  }
}
