import Base

/// How far prices lie from measurements.
public struct FitErrors: Hashable, Sendable {
  /// How many there are.
  public var count: Int
  /// Half are closer, in per cent.
  public var median: Double
  /// Nine of ten are closer, in per cent.
  public var p90: Double
  /// The farthest, in per cent.
  public var worst: Double
  /// Which measurement that is.
  public var worstPlace: String

  /// The errors of prices beside measurements; nil without any.
  public init?(_ measurements: [Measurement], priced: [Double]) {
    let errors = zip(measurements, priced).map { (100 * ($1 / $0.seconds - 1).magnitude, $0.label) }
      .sorted { ($0.0, $0.1) < ($1.0, $1.1) }
    guard let last = errors.last else { return nil }
    count = errors.count
    median = errors[(errors.count - 1) / 2].0
    p90 = errors[(errors.count - 1) * 9 / 10].0
    worst = last.0
    worstPlace = last.1
  }
}
