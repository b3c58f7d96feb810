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
    func quantile(_ share: Double) -> Double {
      let place = share * Double(ascending.count - 1)
      let below = Int(place)
      guard below + 1 < ascending.count else { return ascending[below] }
      return ascending[below] + (place - Double(below)) * (ascending[below + 1] - ascending[below])
    }
    median = quantile(0.5)
    lowerQuartile = quantile(0.25)
    upperQuartile = quantile(0.75)
    count = ascending.count
  }

  /// The distance of the quartiles over the median.
  public var relative: Double { (upperQuartile - lowerQuartile) / median }
}

/// A time as tables of measurements write it: microseconds with three decimals.
func microseconds(_ seconds: Double) -> String { "\((seconds * 1e9).rounded() / 1000)" }
