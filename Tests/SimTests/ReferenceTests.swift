import Base
import Sim
import TestSupport
import Testing

/// Law 13: the fast engine equals the plain one, token time by token time.
@Suite struct ReferenceTests {
  @Test(arguments: policies.map { $0.name })
  func theEngineEqualsThePlainReferenceOnRandomTraces(policy name: String) throws {
    let policy = try PolicyCase.named(name)
    var preemptions = 0
    var cachedTokens = 0
    for var trace in RandomTrace.all {
      let text = policy.randomSettings(&trace.random, trace.server.limits.layerCount, trace.longestPrompt)
      let settings = try config(text)
      let observed = try observe(
        trace.requests, on: trace.server,
        policy: makePolicy(name, settings: settings, layerCount: trace.server.limits.layerCount), cost: trace.cost)
      let scheduler = try policy.reference?(settings) ?? ReferenceReplay(observed.plans.map(\.plan))
      expectEqual(observed, scheduler, trace, "\(name) \(text), \(trace)")
      preemptions += observed.summary.preemptions
      cachedTokens += observed.summary.cachedTokens
    }
    #expect(preemptions > 50 && cachedTokens > 5000, "random traces must preempt and share to test anything")
  }

  @Test func theEngineEqualsThePlainReferenceUnderRandomLegalPlans() throws {
    for trace in RandomTrace.all {
      let observed = try observe(
        trace.requests, on: trace.server, policy: RandomPolicy(seed: trace.seed), cost: trace.cost)
      expectEqual(observed, ReferenceReplay(observed.plans.map(\.plan)), trace, "random plans, \(trace)")
    }
  }

  private func expectEqual(
    _ observed: Observation, _ scheduler: any ReferenceScheduler, _ trace: RandomTrace, _ title: String
  ) {
    let reference = ReferenceEngine(
      trace.requests, settings: ReferenceSettings(trace.server), scheduler: scheduler, model: trace.cost)
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
