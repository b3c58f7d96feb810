import Base
import Sim
import TestSupport
import Testing

/// Law 13: the fast engine equals the plain one, token time by token time.
@Suite struct ReferenceTests {
  @Test(arguments: PolicyCase.names, RandomTrace.Shape.allCases)
  func theEngineEqualsThePlainReferenceOnRandomTraces(policy name: String, shape: RandomTrace.Shape) throws {
    let policy = try PolicyCase.named(name)
    var preemptions = 0
    var cachedTokens = 0
    for var trace in RandomTrace.all(shape) {
      let text = policy.randomSettings(&trace.random, trace.server.limits.layerCount, trace.longestPrompt)
      let settings = try config(text)
      trace.schedule(
        under: try makePolicy(policy.name, settings: settings, layerCount: trace.server.limits.layerCount))
      let observed = try observe(trace.requests, on: trace.server, cost: trace.cost)
      try expectEqual(observed, trace, "\(name) \(text), \(trace)") { try policy.reference?(settings) }
      preemptions += observed.summary.preemptions
      cachedTokens += observed.summary.cachedTokens
    }
    #expect(preemptions > (shape == .single ? 50 : 20), "random traces must preempt to test anything")
    #expect(cachedTokens > (shape == .single ? 1500 : 200), "random traces must share to test anything")
  }

  @Test(arguments: RandomTrace.Shape.allCases)
  func theEngineEqualsThePlainReferenceUnderRandomLegalPlans(shape: RandomTrace.Shape) throws {
    for var trace in RandomTrace.all(shape) {
      trace.schedule(under: RandomPolicy(seed: trace.seed))
      let observed = try observe(trace.requests, on: trace.server, cost: trace.cost)
      try expectEqual(observed, trace, "random plans, \(trace)") { nil }
    }
  }

  private func expectEqual(
    _ observed: Observation, _ trace: RandomTrace, _ title: String, scheduler: () throws -> (any ReferenceScheduler)?
  ) throws {
    let schedulers = try (0..<trace.server.schedulerCount).map { number in
      let plans = observed.plans.filter { $0.replica.number * trace.server.pool.ranks + $0.rank == number }
      return try scheduler() ?? ReferenceReplay(plans.map(\.plan))
    }
    let reference = ReferenceEngine(trace.requests, on: trace.server, schedulers: schedulers, model: trace.cost)
    reference.run()
    let iterations = firstDifference(observed.iterationFacts, reference.iterationFacts)
    #expect(iterations == nil, "iterations, \(title)")
    let requests = firstDifference(observed.requestFacts, reference.requestFacts)
    #expect(requests == nil, "requests, \(title)")
    let summary = SummaryComparison(observed.summary, reference, trace.server.serviceLevel)
    #expect(summary.differences == [], "summary, \(title)")
  }

  private func firstDifference<Facts: Equatable>(_ engine: [Facts], _ reference: [Facts]) -> String? {
    for (index, (found, expected)) in zip(engine, reference).enumerated() where found != expected {
      return "number \(index): engine \(found), reference \(expected)"
    }
    return engine.count == reference.count ? nil : "engine has \(engine.count), reference \(reference.count)"
  }
}
