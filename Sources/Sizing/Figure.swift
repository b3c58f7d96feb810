import Results

/// A figure of the runs at a rate that a study reports beside its objective: a metric, or what it costs.
public struct Figure: Sendable {
  /// Its key in files.
  let name: String
  /// What tables call it.
  let title: String
  /// Its unit.
  let unit: MetricUnit
  /// Its value for a run; nil where the run has none.
  let value: @Sendable (RunResult) -> Double?

  private static let metrics = [
    "slo_attainment_pct", "goodput_rps", "ttft_p99_ms", "tbt_p99_ms", "mean_requests_in_flight", "mean_power_w",
    "energy_per_token_mj",
  ]

  /// The figures that go with an objective.
  /// - Parameters:
  ///   - price: what a GPU costs an hour, in any currency; nil for no costs.
  ///   - gpuCount: how many there are.
  public static func all(beside objective: Objective, price: Double?, gpuCount: Int) -> [Figure] {
    let metrics = Metric.all.filter { Self.metrics.contains($0.name) && $0.name != objective.name }.map { metric in
      Figure(name: metric.name, title: metric.title, unit: metric.unit) { $0[metric.name] }
    }
    guard let price else { return metrics }
    let perSecond = price * Double(gpuCount) / 3600
    return metrics + [
      cost("cost_per_million_tokens", "cost of a million tokens", perSecond * 1e6) { run in
        sum(run["prompt_tokens"], run["output_tokens"])
      },
      cost("cost_per_thousand_requests", "cost of 1,000 requests", perSecond * 1e3) { $0["requests_completed"] },
    ]
  }

  /// What so many things cost: the makespan's price, shared by the things that were made in it.
  private static func cost(
    _ name: String, _ title: String, _ pricePerSecond: Double, _ things: @escaping @Sendable (RunResult) -> Double?
  ) -> Figure {
    Figure(name: name, title: title, unit: .count) { run in
      guard let seconds = run["makespan_s"], let made = things(run), made > 0 else { return nil }
      return pricePerSecond * seconds / made
    }
  }

  private static func sum(_ left: Double?, _ right: Double?) -> Double? {
    left.flatMap { left in right.map { left + $0 } }
  }
}
