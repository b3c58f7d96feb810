#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The percentile of sorted values, at least one, interpolated linearly as NumPy does.
public func percentile(_ p: Double, of sorted: [Double]) -> Double {
  precondition(!sorted.isEmpty, "a percentile is of something")
  let rank = p / 100 * Double(sorted.count - 1)
  let lower = Int(rank)
  guard lower + 1 < sorted.count else { return sorted[sorted.count - 1] }
  return sorted[lower] + (sorted[lower + 1] - sorted[lower]) * (rank - Double(lower))
}

/// Values of which a benchmark client gives statistics, all of them kept.
struct ClientSample {
  private let sorted: [Double]

  init(_ values: [Double]) { sorted = values.sorted() }

  var mean: Double? { sorted.isEmpty ? nil : sorted.reduce(0, +) / Double(sorted.count) }

  /// Of the whole population, as `numpy.std` has it.
  var standardDeviation: Double? {
    mean.map { mean in
      (sorted.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(sorted.count)).squareRoot()
    }
  }

  func percentile(_ p: Double) -> Double? { sorted.isEmpty ? nil : Results.percentile(p, of: sorted) }
}
