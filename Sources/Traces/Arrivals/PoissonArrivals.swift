import Base

/// Requests that come independently of each other: gaps are exponential.
public struct PoissonArrivals: ArrivalProcess {
  /// `poisson`.
  public static let name = "poisson"
  /// What `lpsim list` says of it.
  public static let summary = "independent requests, exponential gaps"

  /// Poisson arrivals.
  public init() {}

  /// Has no parameters.
  public init(reading fields: inout ConfigFields) throws {}

  /// An exponential gap.
  public func unitGap(from random: inout SeededRandom) -> Double { random.exponential() }
}
