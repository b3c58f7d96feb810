import Base
import Testing

@testable import Calibration

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

@Suite struct LeastSquaresTests {
  @Test func theValleyOfRosenbrockIsFollowedToItsEnd() {
    let parameters = [FitParameter("x", in: -3...3, start: -1.2), FitParameter("y", in: -3...3, start: 1)]
    let search = LeastSquares(outlierScale: 1e6, starts: 1, steps: 200)
    let found = search.minimize(parameters) { [10 * ($0[1] - $0[0] * $0[0]), 1 - $0[0]] }
    #expect((found.values[0] - 1).magnitude < 1e-5 && (found.values[1] - 1).magnitude < 1e-5, "\(found)")
  }

  @Test func aWildValueBendsNothing() {
    // y = 2 + 3x with one measurement a thousand times too large; plain squares would give a slope of 300.
    let points = (0..<20).map { (index: Int) -> (Double, Double) in
      (Double(index), index == 7 ? 23_000 : Double(2 + 3 * index))
    }
    let parameters = [FitParameter("a", in: 0...10, start: 5), FitParameter("b", in: 0...10, start: 5)]
    let found = LeastSquares(outlierScale: 0.01, starts: 2).minimize(parameters) { values in
      points.map { values[0] + values[1] * $0.0 - $0.1 }
    }
    #expect((found.values[0] - 2).magnitude < 0.01 && (found.values[1] - 3).magnitude < 0.01, "\(found)")
  }

  @Test func boundsAreReachedAndNotCrossed() {
    let found = LeastSquares().minimize([FitParameter("x", in: 0...1, start: 0.5)]) { [$0[0] - 7] }
    #expect(found.values[0] <= 1 && found.values[0] > 0.9999)
  }

  @Test func theBestOfSeveralStartsWins() {
    // Two valleys: at 1 the sum is 0.5, at 100 it is 0.
    let parameter = FitParameter("x", in: 0.1...1000, scale: .logarithmic, start: 1)
    let found = LeastSquares(outlierScale: 10, starts: 8).minimize([parameter]) { values in
      let place = log10(values[0])
      return [min(place.magnitude + 0.5, (place - 2).magnitude)]
    }
    #expect((found.values[0] - 100).magnitude < 0.1, "\(found)")
  }

  @Test func equalInputGivesEqualBits() {
    func once() -> LeastSquares.Solution {
      let parameters = [
        FitParameter("a", in: 0.01...10, scale: .logarithmic, start: 1), FitParameter("b", in: 0...1, start: 0.5),
      ]
      return LeastSquares().minimize(parameters) { values in
        (1...9).map { values[0] * pow(Double($0), values[1]) - Double($0) }
      }
    }
    #expect(once() == once())
  }

  @Test func linearEquationsAreSolvedUnlessTheyAreSingular() throws {
    let solution = try #require(solved([[0, 2], [3, 1]], [4, 5]))
    #expect(solution == [1, 2])
    #expect(solved([[1, 2], [2, 4]], [1, 2]) == nil)
  }

  @Test func coordinatesComeBack() {
    let parameters = [
      FitParameter("share", in: 0...1, start: 0.5),
      FitParameter("time", in: 1e-7...1e-2, scale: .logarithmic, start: 1e-5),
    ]
    for parameter in parameters {
      #expect((parameter.value(at: parameter.coordinate(of: parameter.start)) / parameter.start - 1).magnitude < 1e-12)
    }
  }

  @Test func fourDigitsAreKept() {
    #expect([3.55812e-6, 226_049_000_000, 0.71654, 0, 12].map(rounded) == [3.558e-6, 226_000_000_000, 0.7165, 0, 12])
  }
}
