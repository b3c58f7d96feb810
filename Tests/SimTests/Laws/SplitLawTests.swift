import Base
import HardwareModels
import Sim
import TestSupport
import Testing

/// What moves between replicas that prefill and replicas that decode.
@Suite struct SplitLawTests {
  @Test(arguments: PolicyCase.names)
  func whatMovesIsWhatPromptsHaveWrittenOrFoundCached(policy: String) throws {
    for scenario in LawScenario.all {
      let observed = try scenario.observe(under: policy, on: .split)
      let moved = observed.requests.filter { $0.cacheArrival != nil }
      let layers = scenario.server.limits.layerCount
      let expected = moved.reduce(0) { $0 + $1.promptTokens * layers }
      #expect(observed.summary.movedBytes == Bytes(expected), "\(scenario)")
      #expect(observed.summary.requestsMoved == moved.count, "\(scenario)")
      let written = observed.iterations.filter { $0.replica.number < 2 }.reduce(Bytes.zero) {
        $0 + $1.cost.traffic[.kvWrite]
      }
      let stayed = observed.requests.filter { $0.cacheArrival == nil }.reduce(0) { $0 + $1.promptTokens * layers }
      #expect(written == Bytes(expected + stayed - observed.summary.cachedTokens * layers), "\(scenario)")
    }
  }

  @Test(arguments: PolicyCase.names)
  func aLoneRequestsTimeToFirstTokenDoesNotKnowOfTheSplit(policy: String) throws {
    for scenario in LawScenario.all where scenario.trace.count == 1 {
      let together = try scenario.observe(under: policy).requests
      let split = try scenario.observe(under: policy, on: .split).requests
      #expect(together.map(\.firstToken) == split.map(\.firstToken), "\(scenario)")
    }
  }

  @Test(arguments: PolicyCase.names)
  func firstTokensComeOutWhereRequestsArriveAndTheOthersElsewhere(policy: String) throws {
    for scenario in LawScenario.all {
      for request in try scenario.observe(under: policy, on: .split).requests {
        #expect(request.emissions.first?.replica == request.replica && request.replica.number < 2, "\(scenario)")
        #expect(request.emissions.first?.iterations.count == 1, "\(scenario)")
        #expect(request.emissions.dropFirst().allSatisfy { $0.replica.number >= 2 }, "\(scenario)")
        #expect(Set(request.emissions.dropFirst().map(\.replica)).count <= 1, "\(scenario)")
      }
    }
  }

  @Test func cachesWaitForBlocksInTightScenarios() throws {
    let waits = try LawScenario.all.flatMap { scenario in
      try scenario.observe(under: "chunked", on: .split).requests.compactMap { request in
        request.cacheArrival.map { ($0 - request.firstToken).seconds }
      }
    }
    #expect(waits.count { $0 > 100 } > 10)
  }
}
