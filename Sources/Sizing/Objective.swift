import Base
import Results
import Traces

/// What is measured, and made as good as it can be where settings are searched.
public enum Objective: Sendable {
  /// The highest rate at which this share of requests, in per cent, meets the limits.
  case capacity(attainment: Double)
  /// A metric at a fixed rate.
  case metric(Metric, at: RequestsPerSecond)

  /// Whether its value is a rate that something keeps up with.
  var isRate: Bool {
    if case .capacity = self { true } else { false }
  }

  /// Its key in files.
  public var name: String {
    switch self {
    case .capacity: "capacity_rps"
    case .metric(let metric, _): metric.name
    }
  }

  /// What tables call it.
  public var title: String {
    switch self {
    case .capacity: "capacity"
    case .metric(let metric, _): metric.title
    }
  }

  /// The unit of its value.
  public var unit: MetricUnit {
    switch self {
    case .capacity: .requestsPerSecond
    case .metric(let metric, _): metric.unit
    }
  }

  /// Which direction is better.
  public var preference: Metric.Preference {
    switch self {
    case .capacity: .larger
    case .metric(let metric, _): metric.preference
    }
  }
}

extension Metric {
  /// The metric of this name, which may lack what names its unit: `goodput`.
  /// - Parameter option: the option that names it.
  public static func named(_ word: String, option: String) throws -> Metric {
    if let metric = all.first(where: { $0.name == word }) { return metric }
    let longer = all.filter { $0.name.hasPrefix("\(word)_") }
    guard longer.count == 1 else {
      throw InputError.unknown("metric", word, among: all.map(\.name), status: .usage, file: option)
    }
    return longer[0]
  }
}
