import Base
import Testing

@testable import Traces

@Suite struct ArrivalTests {
  private func gaps(_ process: any ArrivalProcess, count: Int, seed: UInt64 = 1) -> [Double] {
    var process = process
    var random = SeededRandom(seed: seed, stream: "arrivals")
    return (0..<count).map { _ in process.unitGap(from: &random) }
  }

  private func moments(_ numbers: [Double]) -> RunningMoments {
    var moments = RunningMoments()
    for number in numbers { moments.add(number) }
    return moments
  }

  @Test func poissonGapsAreExponential() {
    let gaps = gaps(PoissonArrivals(), count: 200_000)
    let moments = moments(gaps)
    #expect((moments.mean - 1).magnitude < 0.01)
    #expect((moments.coefficientOfVariation ?? 0) - 1 < 0.01)
    // P(gap > 1) = 1/e, P(gap > 3) = 1/e³.
    #expect((Double(gaps.count { $0 > 1 }) / 200_000 - 0.36788).magnitude < 0.005)
    #expect((Double(gaps.count { $0 > 3 }) / 200_000 - 0.04979).magnitude < 0.003)
  }

  /// A gamma number of shape k has variance k and third central moment 2k, so gaps of mean 1 have variation 1/√k and
  /// skewness 2/√k.
  @Test(arguments: [0.25, 0.5, 1, 2, 16]) func gammaGapsHaveTheMomentsOfTheirShape(_ shape: Double) throws {
    let gaps = gaps(try arrivals("{\"process\": \"gamma\", \"burstiness\": \(shape)}"), count: 400_000)
    let moments = moments(gaps)
    let deviation = 1 / shape.squareRoot()
    let skewness =
      gaps.reduce(0) { sum, gap in
        let distance = (gap - 1) / deviation
        return sum + distance * distance * distance
      } / Double(gaps.count)
    #expect((moments.mean - 1).magnitude < 0.01 * max(1, deviation))
    #expect(((moments.coefficientOfVariation ?? 0) / deviation - 1).magnitude < 0.02)
    #expect((skewness / (2 * deviation) - 1).magnitude < 0.1)
    #expect(gaps.allSatisfy { $0 >= 0 && $0.isFinite })
  }

  @Test func gammaGapsOfShapeOneAreExponentialInTheirTail() throws {
    let gaps = gaps(try arrivals("{\"process\": \"gamma\", \"burstiness\": 1.0}"), count: 200_000)
    #expect((Double(gaps.count { $0 > 3 }) / 200_000 - 0.04979).magnitude < 0.003)
  }

  /// `[numpy.random.RandomState(seed).gamma(1.0, 1.0) for …]`, NumPy 2.4.
  @Test func benchmarkClientGapsAreThoseOfNumPy() throws {
    let zero = gaps(try arrivals("{\"process\": \"vllm-bench\", \"clientSeed\": 0}"), count: 4)
    #expect(zero == [0.79587450816311, 1.2559307629658378, 0.9232231458040688, 0.7872011523172707])
    let other = gaps(try arrivals("{\"process\": \"vllm-bench\", \"clientSeed\": 12345}"), count: 2000)
    #expect([other[0], other[999], other[1999]] == [2.6537906331017487, 0.3690442724163141, 0.9914206275629021])
  }

  @Test func constantArrivalsTickAtTheirRate() throws {
    var clock = ArrivalClock(ConstantArrivals(), rate: RequestsPerSecond(4), seed: 0)
    let found = try (0..<4).map { _ in try clock.next().nanoseconds }
    #expect(found == [0, 250_000_000, 500_000_000, 750_000_000])
  }

  @Test func roundingDoesNotAddUp() throws {
    var clock = ArrivalClock(ConstantArrivals(), rate: RequestsPerSecond(3), seed: 0)
    var last = SimTime.zero
    for _ in 0...3_000 { last = try clock.next() }
    #expect(last.nanoseconds == 1_000_000_000_000)
  }

  @Test func everyRateHasTheSameUnitGaps() throws {
    var unit = ArrivalClock(PoissonArrivals(), rate: RequestsPerSecond(1e-3), seed: 5)
    var fast = ArrivalClock(PoissonArrivals(), rate: RequestsPerSecond(2.5), seed: 5)
    for number in 0..<10_000 {
      let expected = Double(try unit.next().nanoseconds) / 2500
      #expect((Double(try fast.next().nanoseconds) - expected).magnitude <= 0.51, "request \(number)")
    }
  }

  @Test func aRateTooLowForTheClockIsSaid() throws {
    var clock = ArrivalClock(ConstantArrivals(), rate: RequestsPerSecond(1e-9), seed: 0)
    let found = try complaint { for _ in 0..<10 { _ = try clock.next() } }
    #expect(found == "the rate is too low: request 6 would arrive after 146 years, the clock's end")
  }

  @Test(arguments: [
    (
      "{\"process\": \"poison\"}",
      "test.json: line 1, column 13: process: no arrival process \"poison\" — did you mean \"poisson\"?"
    ),
    (
      "{\"process\": \"gamma\"}",
      "test.json: line 1, column 1: the key \"burstiness\" is missing"
    ),
    (
      "{\"process\": \"gamma\", \"burstiness\": 0}",
      "test.json: line 1, column 36: burstiness: 0 is out of range; expected 0.001…1000000.0"
    ),
    (
      "{\"process\": \"poisson\", \"burstiness\": 1}",
      "test.json: line 1, column 38: burstiness: unknown key \"burstiness\" — known: process"
    ),
  ])
  func aWrongProcessSaysWhereAndWhat(_ json: String, _ expected: String) throws {
    #expect(try complaint { _ = try arrivals(json) } == expected)
  }
}
