/// Mean and variance of numbers as they come (Welford, 1962).
struct RunningMoments: Sendable {
  private(set) var count = 0
  private(set) var mean = 0.0
  /// Sum of the squared distances from the mean.
  private(set) var spread = 0.0

  mutating func add(_ number: Double) {
    count += 1
    let before = number - mean
    mean += before / Double(count)
    spread += before * (number - mean)
  }

  /// Standard deviation over mean, of the numbers as a whole population; nil for a mean of 0.
  var coefficientOfVariation: Double? { mean > 0 ? (spread / Double(count)).squareRoot() / mean : nil }
}

/// Pearson's correlation of pairs as they come.
struct RunningCorrelation: Sendable {
  private var left = RunningMoments()
  private var right = RunningMoments()
  private var together = 0.0

  mutating func add(_ leftNumber: Double, _ rightNumber: Double) {
    let before = leftNumber - left.mean
    left.add(leftNumber)
    right.add(rightNumber)
    together += before * (rightNumber - right.mean)
  }

  /// The correlation, -1...1; nil where one side never varies.
  var value: Double? {
    guard left.spread > 0, right.spread > 0 else { return nil }
    return together / (left.spread.squareRoot() * right.spread.squareRoot())
  }
}
