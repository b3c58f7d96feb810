import Base

/// Requests that are all there when the simulation begins.
public struct SimultaneousArrivals: ArrivalProcess {
  /// `allAtOnce`.
  public static let name = "allAtOnce"
  /// What `lpsim list` says of it.
  public static let summary = "every request at time 0, without a rate"

  /// Arrivals all at once.
  public init() {}

  /// Has no parameters.
  public init(reading fields: inout ConfigFields) throws {}

  /// Requests that all come at once have no rate.
  public var hasRate: Bool { false }

  /// No gap.
  public func unitGap(from random: inout SeededRandom) -> Double { 0 }
}
