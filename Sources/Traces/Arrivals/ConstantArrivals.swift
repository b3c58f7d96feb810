import Base

/// Requests that come as evenly as a clock ticks.
public struct ConstantArrivals: ArrivalProcess {
  /// `constant`.
  public static let name = "constant"
  /// What `lpsim list` says of it.
  public static let summary = "equal gaps"

  /// Constant arrivals.
  public init() {}

  /// Has no parameters.
  public init(reading fields: inout ConfigFields) throws {}

  /// A gap of 1.
  public func unitGap(from random: inout SeededRandom) -> Double { 1 }
}
