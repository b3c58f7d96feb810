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
  /// Each of them with its measurement, the closest first.
  private let sorted: [Place]

  private struct Place: Hashable, Sendable, Comparable {
    var percent: Double
    var label: String

    static func < (left: Self, right: Self) -> Bool { (left.percent, left.label) < (right.percent, right.label) }
  }

  /// The errors of prices beside measurements; nil without any.
  public init?(_ measurements: [Measurement], priced: [Double]) {
    self.init(zip(measurements, priced).map { Place(percent: 100 * ($1 / $0.seconds - 1).magnitude, label: $0.label) })
  }

  /// All of several errors together; nil without any.
  public init?(joining parts: [FitErrors]) { self.init(parts.flatMap(\.sorted)) }

  private init?(_ places: [Place]) {
    sorted = places.sorted()
    guard let last = sorted.last else { return nil }
    count = sorted.count
    median = sorted[(count - 1) / 2].percent
    p90 = sorted[(count - 1) * 9 / 10].percent
    worst = last.percent
    worstPlace = last.label
  }
}
