import Base
import Glibc
import Sim
import TestSupport
import Testing
import Traces

@Suite struct QueueingTests {
  /// One request at a time at constant service, Poisson arrivals: Pollaczek and Khinchine's mean wait,
  /// rho / (2 mu (1 - rho)), with mu services a second and a server that is busy for the part rho of the time.
  @Test(arguments: PolicyCase.names)
  func oneRequestAtATimeWaitsAsInAnMD1Queue(policy: String) throws {
    let service = 12.0
    let rho = 0.6
    var random = SeededRandom(seed: 5, stream: "Poisson")
    var now = 0.0
    let trace = (0..<20_000).map { _ in
      now -= log(random.uniform()) * service / rho
      return TraceRequest.at(now, prompt: 2, output: 1)
    }
    var simulation = Simulation(
      of: ScriptedSource(trace),
      on: tinyServer(maxRequests: 1, under: try PolicyCase.named(policy).policy(layerCount: 4)),
      costModel: UnitCostModel())
    let summary = try simulation.run()
    let mean = try #require(summary.timeToFirstToken.mean).value - service
    let expected = rho * service / (2 * (1 - rho))
    #expect(abs(mean - expected) <= 0.03 * expected, "mean wait \(mean) s, expected \(expected) s")
  }
}
