import Base

/// Points of a Latin hypercube (McKay, Beckman and Conover, 1979): in each dimension each of as many equal strata as there
/// are points holds exactly one of them, at a random place.
func latinHypercube(points: Int, dimensions: Int, seed: UInt64) -> [[Double]] {
  var random = SeededRandom(seed: seed, stream: "latin-hypercube")
  var hypercube = [[Double]](repeating: [], count: points)
  for _ in 0..<dimensions {
    var strata = Array(0..<points)
    for last in stride(from: points - 1, to: 0, by: -1) {
      strata.swapAt(last, Int(random.uniform() * Double(last + 1)))
    }
    for (point, stratum) in strata.enumerated() {
      hypercube[point].append((Double(stratum) + random.uniform()) / Double(points))
    }
  }
  return hypercube
}

/// Spearman's rank correlation: Pearson's of the ranks, equal values sharing their mean rank; nil where one side has only
/// one value.
func rankCorrelation(_ left: [Double], _ right: [Double]) -> Double? {
  precondition(left.count == right.count, "values come in pairs")
  let middle = Double(left.count + 1) / 2
  let pairs = zip(ranks(left), ranks(right)).map { ($0 - middle, $1 - middle) }
  let spread = pairs.reduce((0.0, 0.0)) { ($0.0 + $1.0 * $1.0, $0.1 + $1.1 * $1.1) }
  guard spread.0 > 0, spread.1 > 0 else { return nil }
  return pairs.reduce(0) { $0 + $1.0 * $1.1 } / (spread.0 * spread.1).squareRoot()
}

/// The place of each value among all, from 1.
private func ranks(_ values: [Double]) -> [Double] {
  let order = values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
  var ranks = [Double](repeating: 0, count: values.count)
  var first = 0
  while first < order.count {
    let equal = order[first...].prefix { values[$0] == values[order[first]] }
    for index in equal { ranks[index] = Double(first + 1 + equal.endIndex) / 2 }
    first = equal.endIndex
  }
  return ranks
}

/// The value below which a share of the values lies, linear between order statistics.
func quantile(_ values: [Double], _ share: Double) -> Double {
  percentile(100 * share, of: values.sorted())
}

/// The mean; nil where a value is missing.
func mean(_ values: [Double?]) -> Double? {
  let known = values.compactMap(\.self)
  return known.count == values.count && !known.isEmpty ? known.reduce(0, +) / Double(known.count) : nil
}
