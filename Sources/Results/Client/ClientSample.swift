import Base

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

  func percentile(_ p: Double) -> Double? { sorted.isEmpty ? nil : Base.percentile(p, of: sorted) }
}
