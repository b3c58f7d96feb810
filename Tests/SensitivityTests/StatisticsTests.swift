import Testing

@testable import Sensitivity

@Suite struct StatisticsTests {
  @Test(arguments: [(1, 3), (7, 2), (64, 30)])
  func eachStratumOfAHypercubeIsHitOnce(_ points: Int, _ dimensions: Int) {
    let hypercube = latinHypercube(points: points, dimensions: dimensions, seed: 5)
    #expect(hypercube.count == points)
    for dimension in 0..<dimensions {
      let strata = hypercube.map { Int($0[dimension] * Double(points)) }
      #expect(strata.sorted() == Array(0..<points))
    }
  }

  @Test func aHypercubeDependsOnItsSeedAlone() {
    #expect(latinHypercube(points: 9, dimensions: 3, seed: 1) == latinHypercube(points: 9, dimensions: 3, seed: 1))
    #expect(latinHypercube(points: 9, dimensions: 3, seed: 1) != latinHypercube(points: 9, dimensions: 3, seed: 2))
  }

  @Test func ranksOfMonotoneDataAreFullyCorrelated() {
    let values = [3.0, -1, 4, 1.5, 9, 2.6]
    #expect(rankCorrelation(values, values.map { $0 * $0 * $0 }) == 1)
    #expect(rankCorrelation(values, values.map { -$0 }) == -1)
  }

  /// By hand: the ranks 1, 2.5, 2.5, 4 and 1, 2, 3, 4 have the covariance 4.5 and the squares 4.5 and 5.
  @Test func equalValuesShareTheirRank() throws {
    let correlation = try #require(rankCorrelation([1, 2, 2, 3], [1, 2, 3, 4]))
    #expect((correlation - 4.5 / 22.5.squareRoot()).magnitude < 1e-15)
  }

  @Test func whatNeverChangesHasNoCorrelation() {
    #expect(rankCorrelation([1, 2, 3], [7, 7, 7]) == nil)
  }

  @Test func quantilesInterpolateBetweenOrderStatistics() {
    #expect(quantile([4, 1, 3, 2], 0.5) == 2.5)
    #expect(quantile([4, 1, 3, 2], 0) == 1)
    #expect(quantile([4, 1, 3, 2], 1) == 4)
    #expect(quantile([7], 0.3) == 7)
  }

  @Test func numbersKeepTheirFirstDigits() {
    #expect(
      [0.00411234, 5.2e-5, 123_456, 0, -0.28291].map { rounded($0, digits: 3) } == [
        0.00411, 5.2e-5, 123_000, 0, -0.283,
      ])
  }
}
