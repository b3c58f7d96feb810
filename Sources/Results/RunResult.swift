import Sim

/// A finished run as tables and files show it: what was simulated, and the value of every metric.
public struct RunResult: Sendable {
  /// What was simulated.
  public let run: RunDescription
  /// The values of ``Metric/all``, in its order.
  public let values: [Double?]

  /// The result of a run that ended with this summary.
  public init(_ run: RunDescription, _ summary: RunSummary) {
    self.run = run
    values = Metric.all.map { $0.value(of: summary) }
  }

  /// The result of a run that a file holds.
  init(_ run: RunDescription, values: [Double?]) {
    self.run = run
    self.values = values
  }

  /// The value of a metric by its name; nil where the run has none.
  public subscript(_ name: String) -> Double? { values[Metric.place(of: name)] }
}
