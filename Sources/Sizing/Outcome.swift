import Results
import Traces

/// What the objective came to for a contender with one seed.
public enum Outcome: Hashable, Sendable {
  /// A value.
  case value(Double)
  /// No rate is low enough: not even this one, in requests a second, the lowest that was tried.
  case below(Double)
  /// No rate is too high: not even this one, the highest that was tried.
  case above(Double)
  /// The metric has no value.
  case none

  init(_ capacity: Capacity) {
    switch capacity {
    case .rate(let rate): self = .value(rate.value)
    case .below(let rate): self = .below(rate.value)
    case .above(let rate): self = .above(rate.value)
    }
  }

  /// The value, if it is one.
  public var value: Double? {
    if case .value(let value) = self { value } else { nil }
  }

  /// A number to rank by, the larger the better.
  func score(_ preference: Metric.Preference) -> Double {
    switch self {
    case .value(let value): preference == .smaller ? -value : value
    case .below(let bound), .above(let bound): bound
    case .none: -.infinity
    }
  }
}

/// A contender with what was measured of it.
public struct Standing: Sendable {
  /// The contender.
  public let contender: Contender
  /// What each seed gave.
  public let outcomes: [Outcome]
  /// A run with each seed at the mean capacity or at the fixed rate; none where there is no such rate.
  public internal(set) var runs: [RunResult] = []

  /// The mean over the seeds; nil where one has no value.
  public var estimate: Estimate? { outcomes.estimate(\.value) }

  /// The mean of a metric over the runs; nil where one has none.
  public func estimate(_ metric: (RunResult) -> Double?) -> Estimate? { runs.estimate(metric) }

  /// A number to rank by, the larger the better.
  func score(_ preference: Metric.Preference) -> Double {
    outcomes.reduce(0) { $0 + $1.score(preference) } / Double(outcomes.count)
  }

  /// The same contender with these seeds and then others.
  func joined(by others: Standing) -> Standing {
    Standing(contender: contender, outcomes: outcomes + others.outcomes, runs: runs + others.runs)
  }
}

extension Array {
  /// The mean of a property; nil where one item, or all, have none.
  func estimate(_ property: (Element) -> Double?) -> Estimate? {
    let values = compactMap(property)
    return values.count == count && !isEmpty ? Estimate(of: values) : nil
  }
}
