import Base

/// The median of repeated measurements and how far they lie apart.
public struct SampleSpread: Hashable, Sendable {
  /// Half of them are below.
  public var median: Double
  /// A quarter of them is below.
  public var lowerQuartile: Double
  /// A quarter of them is above.
  public var upperQuartile: Double
  /// How many there are.
  public var count: Int

  /// Of at least one measurement. Quantiles lie on straight lines between neighbours (Hyndman and Fan's type 7).
  public init(_ samples: [Double]) {
    precondition(!samples.isEmpty, "nothing was measured")
    let ascending = samples.sorted()
    median = percentile(50, of: ascending)
    lowerQuartile = percentile(25, of: ascending)
    upperQuartile = percentile(75, of: ascending)
    count = ascending.count
  }

  /// The distance of the quartiles over the median.
  public var relative: Double { (upperQuartile - lowerQuartile) / median }
}

/// A time as tables of measurements write it: microseconds with three decimals.
func microseconds(_ seconds: Double) -> String { "\((seconds * 1e9).rounded() / 1000)" }
