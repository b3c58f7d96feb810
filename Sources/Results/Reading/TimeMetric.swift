import Sim

/// A sort of time whose whole distribution a file keeps, in the table `quantile`.
public enum TimeMetric: String, CaseIterable, Sendable {
  /// Arrival to first token.
  case timeToFirstToken = "ttft"
  /// One token to the next.
  case timeBetweenTokens = "tbt"
  /// The mean of a request's times between tokens.
  case timePerOutputToken = "tpot"
  /// Arrival to last token.
  case endToEnd = "e2e"

  /// What people call it.
  public var title: String { rawValue.uppercased() }

  /// The percentiles that are kept: every half up to 99, then every tenth.
  public static let percents = (0..<198).map { Double($0) / 2 } + (990...1000).map { Double($0) / 10 }

  /// Where a run keeps these times.
  var times: KeyPath<RunSummary, Distribution> {
    switch self {
    case .timeToFirstToken: \.timeToFirstToken
    case .timeBetweenTokens: \.timeBetweenTokens
    case .timePerOutputToken: \.timePerOutputToken
    case .endToEnd: \.endToEnd
    }
  }
}
