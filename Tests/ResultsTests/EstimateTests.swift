import Testing

@testable import Results

@Suite struct EstimateTests {
  @Test(arguments: [0.1, -3.7, 1e300])
  func equalValuesHaveAnIntervalOfNoWidth(_ value: Double) {
    let estimate = Estimate(of: Array(repeating: value, count: 7))
    #expect(estimate == Estimate(of: [value, value]))
    #expect(estimate.interval == value...value)
  }

  @Test func oneValueHasNoInterval() {
    #expect(Estimate(of: [3]).mean == 3)
    #expect(Estimate(of: [3]).interval == nil)
  }

  /// 1, 2, 3, 4, 5: s = √2.5, so 2.7764 · √(2.5 / 5).
  @Test func theMarginIsStudents() throws {
    let estimate = Estimate(of: [1, 2, 3, 4, 5])
    #expect(estimate.mean == 3)
    #expect((try #require(estimate.margin) - 2.7764 * 0.5.squareRoot()).magnitude < 1e-12)
  }

  /// From the table of the NIST/SEMATECH e-Handbook, 1.3.6.7.2.
  @Test(arguments: [(1, 12.706), (2, 4.303), (9, 2.262), (10, 2.228), (15, 2.131), (30, 2.042), (100, 1.984)])
  func quantilesOfStudentsDistributionAreThoseOfItsTable(_ degrees: Int, _ quantile: Double) {
    #expect((studentQuantile(degrees: degrees) - quantile).magnitude < 6e-4)
  }
}
