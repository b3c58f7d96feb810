import Base
import Testing

@testable import RealKernels

@Suite struct SurveyStatisticsTests {
  private func measurement(_ label: String, isCeiling: Bool = false, _ passes: [[Double]]) -> PointMeasurement {
    var one = PointMeasurement(point: FakePoint(label: label, seconds: 1, isCeiling: isCeiling))
    one.passes = passes.enumerated().map { number, times in
      PointMeasurement.Pass(number: number, times: times.map { Seconds($0) })
    }
    return one
  }

  @Test func quartilesLieBetweenNeighbours() {
    let four = SampleSpread([4, 1, 3, 2])
    #expect((four.lowerQuartile, four.median, four.upperQuartile) == (1.75, 2.5, 3.25))
    #expect(four.count == 4 && four.relative == 0.6)
    let one = SampleSpread([7])
    #expect((one.lowerQuartile, one.median, one.upperQuartile, one.relative) == (7, 7, 7, 0))
  }

  @Test func driftIsTheLastPassOverTheFirst() throws {
    let drift = try #require(
      SurveyDrift([
        measurement("a", [[1, 1, 3], [9], [2]]),
        measurement("b", [[4], [1]]),
        measurement("c", isCeiling: true, [[1], [1.5]]),
        measurement("once", [[5]]),
      ]))
    #expect(drift.passes == 3)
    #expect(drift.median == 1.5)
    #expect(drift.most == SurveyDrift.Named(label: "b", value: 0.25))
    #expect(drift.ceilings == [SurveyDrift.Named(label: "c", value: 1.5)])
    // a: 1 1 2 3 9 has quartiles 1 and 3 about 2; b: 1.75 and 3.25 about 2.5; c: 1.125 and 1.375 about 1.25; once: 0.
    #expect(drift.widest == SurveyDrift.Named(label: "a", value: 1))
    #expect(drift.spread == 0.4)
  }

  @Test func onePassHasNoDrift() {
    #expect(SurveyDrift([measurement("a", [[1]])]) == nil)
    #expect(SurveyDrift([]) == nil)
  }

  @Test func slownessIsTheMedianOverPoints() {
    let slowness = PassSlowness([
      measurement("a", [[1], [1.1], [3], [1]]), measurement("b", [[2], [2], [8], [2.2]]),
      measurement("c", [[1, 1, 9], [1], [1], [2]]),
    ])
    #expect(slowness.factors == [1, 1, 3, 1.1])
    #expect(slowness.used == [0, 1, 3])
  }

  @Test func twoQuietPassesAreNoGroundToDropTheOthers() {
    let slowness = PassSlowness([measurement("a", [[1], [1], [3]]), measurement("b", [[5], [5], [15]])])
    #expect(slowness.factors == [1, 1, 3])
    #expect(slowness.used == [0, 1, 2])
    #expect(PassSlowness([]).used.isEmpty)
  }

  @Test func timesOfOtherPassesDoNotCount() {
    let one = measurement("a", [[1], [7], [3]])
    #expect(one.spread(in: [0, 2])?.median == 2)
    #expect(one.spread?.median == 3)
    // A point that was in none of the passes has its own.
    #expect(one.spread(in: [5])?.count == 3)
  }

  @Test func timesAreWrittenInMicroseconds() {
    #expect(microseconds(0.0012345678) == "1234.568")
    #expect(microseconds(2e-9) == "0.002")
  }

  @Test func repeatsFillTheirSliceAndAreAtLeastOne() {
    let limits = SurveyLimits(
      budget: Seconds(1.0), passes: 1...1, slice: Seconds(1.0), mostRepeats: 6, pause: Seconds(0.125), metering: nil)
    #expect(limits.repeats(of: Seconds(0.125)).count == 4)
    #expect(limits.repeats(of: Seconds(0.125)).cost == Seconds(1.125))
    #expect(limits.repeats(of: .zero).count == 6)
    #expect(limits.repeats(of: Seconds(5.0)).count == 1)
    #expect(limits.repeats(of: Seconds(5.0)).cost == Seconds(5.0))
  }
}
