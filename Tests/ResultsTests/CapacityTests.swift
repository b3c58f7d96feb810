import Base
import Results
import Testing
import Traces

@Suite struct CapacityTests {
  @Test(arguments: [0.02, 0.9, 1.3, 1.34, 5, 700])
  func theHighestRateIsFoundWithinTheTolerance(_ limit: Double) throws {
    let search = CapacitySearch(from: RequestsPerSecond(1.3))
    guard case .rate(let found) = search.capacity(where: { $0.value <= limit }) else {
      Issue.record("no rate was found")
      return
    }
    #expect(found.value <= limit && found.value * 1.005 >= limit * (1 - 1e-12))
  }

  @Test func neitherNeverNorAlwaysIsARate() {
    let search = CapacitySearch(from: RequestsPerSecond(1))
    guard case .above(let most) = search.capacity(where: { _ in true }) else {
      Issue.record("no rate is too high")
      return
    }
    guard case .below(let least) = search.capacity(where: { _ in false }) else {
      Issue.record("every rate is too high")
      return
    }
    #expect(most.value > 100 && least.value < 0.01)
  }

  @Test func aCloseGuessTakesFewTries() {
    var tries = 0
    _ = CapacitySearch(from: RequestsPerSecond(1)).capacity { rate in
      tries += 1
      return rate.value < 1.1
    }
    #expect(tries == 8)
  }

  @Test(arguments: [(0.0, 10.0), (10, 0)])
  func theBoundaryOfAMonotoneConditionLiesBetweenItsEnds(_ holds: Double, _ fails: Double) {
    let isInside: (Double) -> Bool = { holds < fails ? $0 * $0 < 20 : $0 * $0 > 20 }
    let found = boundary(between: holds, and: fails, within: 1e-6, where: isInside)
    #expect(isInside(found.holds) && !isInside(found.fails))
    #expect((found.holds - 20.0.squareRoot()).magnitude < 1e-6 && (found.holds - found.fails).magnitude <= 1e-6)
  }
}
