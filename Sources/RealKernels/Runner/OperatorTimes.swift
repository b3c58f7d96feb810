import Base

/// Seconds by a count, as measured at some counts: straight lines through the means, and through nothing at zero. Means,
/// because what they price is a sum in which a slow moment counts for what it is. More takes no less: where a slow moment
/// makes it seem so, neighbours share their mean, so that what is added never takes less than nothing.
public struct TimeTable: Sendable {
  /// Counts in ascending order with their seconds.
  public let points: [(count: Int, seconds: Double)]

  /// A table of measurements, several at each count or one.
  init(_ measured: [(count: Int, seconds: Double)]) {
    let counts = Set(measured.map(\.count)).sorted()
    let seconds = ascending(counts.map { count in mean(measured.filter { $0.count == count }.map(\.seconds)) })
    points = zip(counts, seconds).map { ($0, $1) }
  }

  /// Seconds at a count; beyond the last one measured the last line goes on.
  public func seconds(_ count: Int) -> Double {
    guard count > 0, let last = points.last else { return 0 }
    let index = points.firstIndex { $0.count >= count } ?? points.count - 1
    let low = index == 0 ? (count: 0, seconds: 0) : points[index - 1]
    let high = index == 0 ? points[0] : points[index]
    guard count <= last.count || points.count > 1 else { return last.seconds * Double(count) / Double(last.count) }
    let share = Double(count - low.count) / Double(high.count - low.count)
    return low.seconds + share * (high.seconds - low.seconds)
  }
}

/// The ascending numbers that are nearest to these in least squares: neighbours in the wrong order share their mean.
func ascending(_ values: [Double]) -> [Double] {
  var pools: [(sum: Double, count: Int)] = []
  for value in values {
    pools.append((value, 1))
    while pools.count > 1, case let (left, right) = (pools[pools.count - 2], pools[pools.count - 1]),
      left.sum / Double(left.count) > right.sum / Double(right.count)
    {
      pools.removeLast(2)
      pools.append((left.sum + right.sum, left.count + right.count))
    }
  }
  return pools.flatMap { [Double](repeating: $0.sum / Double($0.count), count: $0.count) }
}

/// The sum of some numbers over how many they are.
func mean(_ values: [Double]) -> Double {
  precondition(!values.isEmpty, "nothing has no mean")
  return values.reduce(0, +) / Double(values.count)
}

/// The middle of some numbers; of an even number of them the mean of the two in the middle.
public func median(_ values: [Double]) -> Double { percentile(50, of: values.sorted()) }

/// A sum of counts, each with a weight that is not negative: time that grows with several things at once.
public struct LinearTime: Sendable {
  /// Seconds for one of each count.
  public let weights: [Double]

  /// Weights that come nearest to what was measured, errors counted relative to it: least squares with no weight below
  /// zero, by coordinate descent.
  init(fitting measured: [(counts: [Double], seconds: Double)]) {
    let samples = measured.filter { $0.seconds > 0 }
    guard let width = samples.first?.counts.count else {
      weights = []
      return
    }
    let rows = samples.map { sample in sample.counts.map { $0 / sample.seconds } }
    var weights = [Double](repeating: 0, count: width)
    var residuals = [Double](repeating: 1, count: rows.count)
    for _ in 0..<2000 {
      for column in 0..<width {
        let square = rows.reduce(0) { $0 + $1[column] * $1[column] }
        guard square > 0 else { continue }
        let gradient = zip(rows, residuals).reduce(0) { $0 + $1.0[column] * $1.1 }
        let next = max(0, weights[column] + gradient / square)
        for index in rows.indices { residuals[index] -= rows[index][column] * (next - weights[column]) }
        weights[column] = next
      }
    }
    self.weights = weights
  }

  /// Seconds for these counts.
  public func seconds(_ counts: [Double]) -> Double { zip(weights, counts).reduce(0) { $0 + $1.0 * $1.1 } }
}
