import Base
import Results
import Sim

/// What came of a simulation: every metric, and percentiles that are no metrics, by name.
public struct Outcome: Sendable {
  private let values: [String: Double]

  init(_ values: [String: Double]) { self.values = values }

  /// The metrics of a run and, of each length of time, percentiles such as `ttft_p99.9_ms`.
  init(_ summary: RunSummary) {
    var values: [String: Double] = [:]
    for metric in Metric.all { values[metric.name] = metric.value(of: summary) }
    let lengths: [(String, Distribution)] = [
      ("ttft", summary.timeToFirstToken), ("tbt", summary.timeBetweenTokens), ("tpot", summary.timePerOutputToken),
      ("e2e", summary.endToEnd),
    ]
    for (name, distribution) in lengths {
      for p in ["5", "10", "95", "99.9"] {
        guard let percent = Double(p), let value = distribution.percentile(percent) else { continue }
        values["\(name)_p\(p)_ms"] = value.value * 1e3
      }
    }
    self.init(values)
  }

  /// A value by its name; nil where the run has none.
  subscript(_ name: String) -> Double? { values[name] }
}

/// What came of many simulations.
public struct Outcomes: Sendable {
  private var found: [ServedRun: Outcome] = [:]

  /// Nothing yet.
  public init() {}

  subscript(_ run: ServedRun) -> Outcome {
    get {
      guard let outcome = found[run] else { preconditionFailure("a reproduction asks for a run that it did not name") }
      return outcome
    }
    set { found[run] = newValue }
  }

  /// What each seed makes of a metric.
  func values(_ name: String, of run: ServedRun, seeds: Int) throws -> [Double] {
    try run.over(seeds: seeds).map { run in
      guard let value = self[run][name] else { throw InputError(.config, "no run has a metric \"\(name)\"") }
      return value
    }
  }
}
