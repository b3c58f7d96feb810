import Base

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Least squares that a few wild residuals cannot bend: minimises the sum of 2 s^2 (sqrt(1 + (r/s)^2) - 1), which is r^2
/// for small residuals r and 2 s |r| for large ones (soft L1). Levenberg (1944) and Marquardt (1963) with a numeric
/// Jacobian, reweighted in every step, in coordinates without bounds; from several starts, the first where the caller
/// says, the others drawn from a seed. The same input gives the same output.
public struct LeastSquares: Sendable {
  /// What a search found.
  public struct Solution: Hashable, Sendable {
    /// The parameters' values.
    public var values: [Double]
    /// The sum that was minimised.
    public var cost: Double
  }

  /// s: residuals beyond it count in proportion, no longer squared.
  public var outlierScale: Double
  /// Searches, the first from the parameters' own starts.
  public var starts: Int
  /// Most steps of one search.
  public var steps: Int

  /// A search.
  public init(outlierScale: Double = 0.02, starts: Int = 4, steps: Int = 80) {
    self.outlierScale = outlierScale
    self.starts = starts
    self.steps = steps
  }

  /// The best values for parameters whose residuals a function gives.
  public func minimize(_ parameters: [FitParameter], _ residuals: ([Double]) -> [Double]) -> Solution {
    var random = SeededRandom(seed: 1, stream: "calibration-starts")
    var best: Solution?
    for start in 0..<max(starts, 1) {
      let coordinates = parameters.map { start == 0 ? $0.coordinate(of: $0.start) : 6 * random.uniform() - 3 }
      let found = descend(from: coordinates, parameters, residuals)
      if best.map({ found.cost < $0.cost }) ?? true { best = found }
    }
    guard let best else { preconditionFailure("a search has at least one start") }
    return best
  }

  private func descend(
    from start: [Double], _ parameters: [FitParameter], _ residuals: ([Double]) -> [Double]
  ) -> Solution {
    func evaluate(_ coordinates: [Double]) -> [Double] {
      residuals(zip(parameters, coordinates).map { $0.value(at: $1) })
    }
    var place = start
    var here = evaluate(place)
    var cost = cost(of: here)
    var damping = 1e-2
    for _ in 0..<steps where damping < 1e12 {
      let (matrix, gradient) = normalEquations(place, here, evaluate)
      var isBetter = false
      while !isBetter, damping < 1e12 {
        guard let step = solved(damped(matrix, by: damping), gradient) else { damping *= 4; continue }
        let next = zip(place, step).map { min(max($0 - $1, -30), 30) }
        let there = evaluate(next)
        let nextCost = self.cost(of: there)
        if nextCost < cost {
          isBetter = true
          let gain = (cost - nextCost) / cost
          (place, here, cost) = (next, there, nextCost)
          damping = max(damping / 5, 1e-9)
          if gain < 1e-9 { return solution(parameters, place, cost) }
        } else {
          damping *= 4
        }
      }
    }
    return solution(parameters, place, cost)
  }

  private func solution(_ parameters: [FitParameter], _ place: [Double], _ cost: Double) -> Solution {
    Solution(values: zip(parameters, place).map { $0.value(at: $1) }, cost: cost)
  }

  /// The robust sum over residuals; infinite if one is no number.
  func cost(of residuals: [Double]) -> Double {
    let sum = residuals.reduce(0) { sum, residual in
      let ratio = residual / outlierScale
      // The same as 2 s^2 (sqrt(1 + (r/s)^2) - 1), but it keeps its digits where r is small.
      return sum + 2 * residual * residual / ((1 + ratio * ratio).squareRoot() + 1)
    }
    return sum.isFinite ? sum : .infinity
  }

  /// 1 / sqrt(1 + (r/s)^2): the weight of a residual's square that makes squares robust.
  func trust(in residual: Double) -> Double {
    1 / (1 + (residual / outlierScale) * (residual / outlierScale)).squareRoot()
  }

  /// J^T W J and J^T W r, with the weights that make squares robust.
  private func normalEquations(
    _ place: [Double], _ here: [Double], _ evaluate: ([Double]) -> [Double]
  ) -> (matrix: [[Double]], gradient: [Double]) {
    let columns = place.indices.map { index in
      var moved = place
      moved[index] += 1e-5
      return zip(evaluate(moved), here).map { ($0 - $1) / 1e-5 }
    }
    let weights = here.map { trust(in: $0) }
    func product(_ left: [Double], _ right: [Double]) -> Double {
      var sum = 0.0
      for row in weights.indices { sum += weights[row] * left[row] * right[row] }
      return sum
    }
    return (columns.map { left in columns.map { product(left, $0) } }, columns.map { product($0, here) })
  }

  /// Marquardt's scaling: the diagonal grows in proportion, and a little where it is zero.
  private func damped(_ matrix: [[Double]], by damping: Double) -> [[Double]] {
    var damped = matrix
    for index in matrix.indices { damped[index][index] += damping * (matrix[index][index] + 1e-9) }
    return damped
  }
}

/// x for which A x = b: Gauss's elimination with the largest pivot; nil if A is singular.
func solved(_ matrix: [[Double]], _ right: [Double]) -> [Double]? {
  var rows = zip(matrix, right).map { $0 + [$1] }
  let count = rows.count
  for column in 0..<count {
    let candidates = column..<count
    guard let pivot = candidates.max(by: { rows[$0][column].magnitude < rows[$1][column].magnitude }) else {
      return nil
    }
    guard rows[pivot][column].magnitude > 1e-300, rows[pivot][column].isFinite else { return nil }
    rows.swapAt(pivot, column)
    for row in 0..<count where row != column {
      let factor = rows[row][column] / rows[column][column]
      guard factor != 0 else { continue }
      for index in column...count { rows[row][index] -= factor * rows[column][index] }
    }
  }
  return (0..<count).map { rows[$0][count] / rows[$0][$0] }
}
