import Base
import HardwareModels

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension TokenCurve {
  /// What prices of as many tokens have in common that they miss: a factor at every power of two, close to its neighbours
  /// and to 1 where few measurements say otherwise. As robust as the search of the form's own numbers.
  ///
  /// - Parameter misses: tokens and log(measured / priced) of each measurement, at least one.
  init(through misses: [(tokens: Int, miss: Double)], robust search: LeastSquares) {
    let tokens = misses.map(\.tokens)
    let knots = Self.powersOfTwo(from: tokens.min() ?? 1, through: tokens.max() ?? 1)
    let weights = misses.map { Self.weights(at: $0.tokens, among: knots) }
    var heights = knots.map { _ in 0.0 }
    for _ in 0..<reweightings {
      var (matrix, right) = (stiffness(of: knots.count), knots.map { _ in 0.0 })
      for (miss, row) in zip(misses, weights) {
        let left = miss.miss - row.reduce(0) { $0 + $1.weight * heights[$1.knot] }
        let trust = search.trust(in: left)
        for one in row {
          right[one.knot] += trust * one.weight * miss.miss
          for other in row { matrix[one.knot][other.knot] += trust * one.weight * other.weight }
        }
      }
      guard let next = solved(matrix, right) else { preconditionFailure("a stiff curve has one solution") }
      heights = next
    }
    self.init(zip(knots, heights).map { Knot(tokens: $0, factor: rounded(exp($1))) })
  }

  private static func powersOfTwo(from least: Int, through most: Int) -> [Int] {
    Array(sequence(first: least.powerOfTwoBelow) { $0 < most ? 2 * $0 : nil })
  }
}

/// How often measurements are weighed anew.
private let reweightings = 30
/// How much a difference between neighbours weighs against a miss of one measurement, and a distance from 1 against that
/// difference. Of 0.1 to 10, 0.3 predicts measurements best that a fit has not seen.
private let (smoothness, shrinkage) = (0.3, 0.02)

/// The squares of all differences between neighbours and, faintly, of all heights, as a matrix.
private func stiffness(of count: Int) -> [[Double]] {
  var matrix = (0..<count).map { row in (0..<count).map { $0 == row ? smoothness * shrinkage : 0 } }
  for (left, right) in zip(0..<count, 1..<max(count, 1)) {
    matrix[left][left] += smoothness
    matrix[right][right] += smoothness
    matrix[left][right] -= smoothness
    matrix[right][left] -= smoothness
  }
  return matrix
}
