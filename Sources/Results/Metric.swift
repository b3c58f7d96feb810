import Base
import Sim

/// A figure of merit: a formula over a run's summary with its name, unit and meaning.
///
/// A new one is one entry of a group's list; tables, JSON, SQLite and `lpsim list metrics` follow it.
public struct Metric: Sendable {
  /// A heading of the comparison table.
  public enum Group: String, CaseIterable, Sendable {
    /// What came in and what went out.
    case requests = "Requests"
    /// How long requests took.
    case latency = "Latency"
    /// How many requests met their limits.
    case serviceLevel = "Service level"
    /// What moved from replicas that prefill to replicas that decode.
    case handover = "Handover"
    /// What the GPUs did for it.
    case work = "Work"
    /// What it drew.
    case energy = "Energy"
  }

  /// Which direction is an improvement.
  public enum Preference: String, Sendable {
    /// Less is better.
    case smaller
    /// More is better.
    case larger
    /// Neither direction is better in itself.
    case neither
  }

  /// Its key in JSON and SQLite, unit included.
  public let name: String
  /// Its name in the table, where the unit has a column of its own.
  public let title: String
  /// The unit of its value.
  public let unit: MetricUnit
  /// The heading it stands under.
  public let group: Group
  /// Which direction is an improvement.
  public let preference: Preference
  /// What it is, in one phrase.
  public let description: String
  /// Its formula in the symbols of docs/metrics.md.
  public let formula: String
  private let compute: @Sendable (RunSummary) -> Double?

  init(
    _ name: String, _ title: String, _ unit: MetricUnit, _ group: Group, _ preference: Preference,
    _ description: String, formula: String, _ compute: @escaping @Sendable (RunSummary) -> Double?
  ) {
    self.name = name
    self.title = title
    self.unit = unit
    self.group = group
    self.preference = preference
    self.description = description
    self.formula = formula
    self.compute = compute
  }

  /// Its value for a run; nil where the run has none, as no request was completed.
  public func value(of summary: RunSummary) -> Double? {
    let value = compute(summary)
    precondition(value?.isFinite ?? true, "the metric \(name) is not a finite number")
    return value
  }

  /// Its name without what sets it below another one.
  public var plainTitle: String { String(title.drop { $0 == " " }) }

  /// The metrics that this one, a sum, consists of.
  public var parts: [Metric] {
    Array(Self.all.drop { $0.name != name }.dropFirst().prefix { $0.title.hasPrefix("  ") })
  }

  /// The place among all of the metric of a name that the program itself gives.
  static func place(of name: String) -> Int {
    guard let place = places[name] else { preconditionFailure("no metric is called \(name)") }
    return place
  }

  /// The place of each among all.
  static let places = Dictionary(uniqueKeysWithValues: all.enumerated().map { ($1.name, $0) })

  /// The metric of a name that the program itself gives.
  public static func named(_ name: String) -> Metric { all[place(of: name)] }

  /// Every metric, in the order of tables and files.
  public static let all = requests + latency + serviceLevel + handover + work + energy
}

/// `numerator / denominator`; nil where there is nothing to divide by.
func ratio(_ numerator: Double, _ denominator: Double?) -> Double? {
  guard let denominator, denominator > 0 else { return nil }
  return numerator / denominator
}

/// The same where there is no numerator.
func ratio(_ numerator: Double?, _ denominator: Double?) -> Double? {
  numerator.flatMap { ratio($0, denominator) }
}

extension RunSummary {
  /// First arrival to last token in seconds; nil where no request was completed.
  var servingSeconds: Double? { requestsCompleted > 0 ? makespan.seconds : nil }

  /// Requests turned away for any reason.
  var requestsRejected: Int { requestsRejectedTooLong + requestsRejectedNoMemory }

  /// Joules of all GPUs, working and waiting; nil where nobody metered them.
  var energy: Double? { metered(work.energy.total + idleEnergy) }

  /// Joules; nil where nobody metered them, be it only while the GPUs waited.
  func metered(_ energy: Joules) -> Double? {
    work.energy.isMetered && !idleEnergy.value.isNaN ? energy.value : nil
  }

  /// Prompt and output tokens of completed requests.
  var servedTokens: Double { Double(promptTokens + outputTokens) }
}
