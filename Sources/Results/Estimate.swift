/// The mean of values that independent seeds gave, with its 95 % confidence interval.
public struct Estimate: Hashable, Sendable {
  /// The mean.
  public let mean: Double
  /// How far the interval reaches to either side, t · s / √n; nil for a single value, which says nothing of its error.
  public let margin: Double?

  /// The estimate that these values make. Assumes that the mean is about normal.
  public init(of values: [Double]) {
    precondition(!values.isEmpty, "nothing has no mean")
    let count = Double(values.count)
    // Around the first value, so that equal values have no spread, whatever their sum rounds to.
    let shift = values.reduce(0) { $0 + ($1 - values[0]) } / count
    mean = values[0] + shift
    let squares = values.reduce(0) { sum, value in
      let deviation = value - values[0] - shift
      return sum + deviation * deviation
    }
    margin =
      values.count < 2
      ? nil : studentQuantile(degrees: values.count - 1) * (squares / (count - 1) / count).squareRoot()
  }

  /// The interval's ends; nil where it has none.
  public var interval: ClosedRange<Double>? { margin.map { mean - $0...mean + $0 } }
}

/// The 97.5th percentile of Student's t distribution. Up to nine degrees of freedom from its table (NIST/SEMATECH
/// e-Handbook of Statistical Methods, 1.3.6.7.2), above by the expansion of Abramowitz and Stegun, 26.7.5.
func studentQuantile(degrees: Int) -> Double {
  precondition(degrees > 0, "a spread takes two values")
  let table = [12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622]
  if degrees <= table.count { return table[degrees - 1] }
  let z = 1.959964
  let (z3, z5, z7) = (z * z * z, z * z * z * z * z, z * z * z * z * z * z * z)
  let n = Double(degrees)
  let first = (z3 + z) / 4
  let second = (5 * z5 + 16 * z3 + 3 * z) / 96
  let third = (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / 384
  return z + first / n + second / (n * n) + third / (n * n * n)
}
