import Results

/// A metric that matters, large: the value of each run and a bar as long as it, and how it changed.
struct Tile: Sendable {
  /// One run.
  struct Row: Sendable {
    let policy: String
    /// The value and its unit.
    let text: String
    /// The value as a share of the largest one, in per cent.
    let percent: Double
    /// How it differs from the first run; nil for that one.
    let change: (text: String, verdict: String)?
  }

  /// What is measured.
  let title: String
  /// Which way is better.
  let preference: String
  /// The runs.
  let rows: [Row]

  private static let metrics = [
    "ttft_mean_ms", "ttft_p99_ms", "tbt_p99_ms", "slo_attainment_pct", "energy_per_token_mj",
    "expert_load_bytes_per_request",
  ]

  /// Those that all runs have values of.
  static func all(of results: [RunResult]) -> [Tile] {
    metrics.map(Metric.named).compactMap { metric in
      let values = results.compactMap { $0[metric.name] }
      return values.count == results.count ? Tile(metric, results.map(\.run.policy), values) : nil
    }
  }

  private init(_ metric: Metric, _ policies: [String], _ values: [Double]) {
    let largest = values.max() ?? 0
    let cells = comparisonRow(metric.title, metric.unit, values)
    title = capitalised(metric.title)
    preference = metric.preference == .larger ? "more is better" : "less is better"
    rows = policies.indices.map { index in
      Row(
        policy: policies[index], text: "\(cells[index + 2]) \(cells[1])",
        percent: largest > 0 ? 100 * values[index] / largest : 0,
        change: index == 0 ? nil : Self.change(metric, from: values[0], to: values[index]))
    }
  }

  private static func change(_ metric: Metric, from old: Double, to new: Double) -> (text: String, verdict: String)? {
    let text = Results.change(from: old, to: new, metric.unit)
    let isBetter = metric.preference == .larger ? new > old : new < old
    return text == "=" ? nil : (text, isBetter ? "better" : "worse")
  }
}
