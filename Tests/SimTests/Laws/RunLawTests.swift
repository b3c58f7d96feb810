import Base
import HardwareModels
import Sim
import TestSupport
import Testing
import Traces

/// The laws that compare one run with another or with a formula.
@Suite struct RunLawTests {
  /// Each scenario on one layout, in turn.
  @Test(arguments: PolicyCase.names)
  func theSameRunTwiceIsTheSame(policy: String) throws {
    for (index, scenario) in LawScenario.all.enumerated() {
      let layout = Layout.allCases[index % Layout.allCases.count]
      let first = try scenario.observe(under: policy, on: layout)
      let second = try scenario.simulate(under: policy, on: layout)
      #expect(first.entries == second.entries && first.plans == second.plans, "\(scenario), \(layout)")
      #expect(first.works == second.works, "\(scenario), \(layout)")
    }
  }

  @Test(arguments: PolicyCase.names, Layout.allCases)
  func everyStageDrawsIdlePowerFromTheFirstArrivalToTheLastToken(policy: String, layout: Layout) throws {
    for scenario in LawScenario.all {
      let summary = try scenario.observe(under: policy, on: layout).summary
      let idle = summary.work.energy[.idle] + summary.idleEnergy
      let stages = layout.server(of: scenario.server).replicaCount * layout.cost.stageCount
      let expected = summary.makespan.seconds * Double(stages)
      #expect(abs(idle.value - expected) <= 1e-9 * idle.value, "\(scenario)")
      #expect(summary.work.energy.total + summary.idleEnergy >= idle, "\(scenario)")
    }
  }

  /// One of the replicas in each scenario, in turn.
  @Test(arguments: PolicyCase.names)
  func replicasServeEveryOtherRequestAsIfTheyWereAlone(policy: String) throws {
    for (index, scenario) in LawScenario.all.enumerated() where scenario.trace.count > 1 {
      let together = try scenario.observe(under: policy, on: .three).requests
      let replica = index % 3
      let numbers = scenario.trace.indices.filter { $0 % 3 == replica }
      var part = scenario
      part.trace = numbers.map { scenario.trace[$0] }
      let alone = try part.simulate(under: policy).requests
      #expect(numbers.map { together[$0].finish } == alone.map(\.finish), "\(scenario), replica \(replica)")
      #expect(numbers.map { together[$0].firstToken } == alone.map(\.firstToken), "\(scenario), replica \(replica)")
      #expect(numbers.map { together[$0].largestGap } == alone.map(\.largestGap), "\(scenario), replica \(replica)")
    }
  }

  /// A policy knows the length of an answer only when the answer ends.
  @Test(arguments: PolicyCase.names, Layout.allCases)
  func plansDoNotDependOnHowLongAnswersWillBe(policy: String, layout: Layout) throws {
    for (scenario, longer) in zip(LawScenario.all, LawScenario.longer) {
      let short = try scenario.observe(under: policy, on: layout)
      let long = try longer.observe(under: policy, on: layout)
      let changed = scenario.trace.indices.filter { scenario.trace[$0] != longer.trace[$0] }
      let end = changed.map { short.requests[$0].finish }.min() ?? short.summary.lastFinish
      let isBeforeEnd = { (planned: Planned) in planned.now < end }
      #expect(short.plans.filter(isBeforeEnd) == long.plans.filter(isBeforeEnd), "\(scenario)")
    }
  }

  @Test func layeredWithOneGroupIsChunkedWhereNobodyDecodes() throws {
    for scenario in LawScenario.all {
      let trace = scenario.trace.map {
        TraceRequest(
          arrival: $0.arrival, promptTokens: $0.promptTokens, outputTokens: 1, prefixIDs: $0.prefixIDs)
      }
      let grouping = LayerGrouping(rule: .fixed, maxGroups: 1)
      let layered = try observe(
        trace, on: scenario.server, policy: LayeredPrefill(cohortTokens: 16, grouping: grouping))
      let chunked = try observe(trace, on: scenario.server, policy: ChunkedPrefill(tokenBudget: 16))
      #expect(layered.entries == chunked.entries, "\(scenario)")
      #expect(layered.plans == chunked.plans, "\(scenario)")
    }
  }

  @Test func aLoneRequestsTimeToFirstTokenIsTheSumOfItsChunks() throws {
    let observed = try observe([.at(7, prompt: 10, output: 1)], policy: ChunkedPrefill(tokenBudget: 4))
    let chunks = [4 * (1 + 4), 4 * (1 + 4), 4 * (1 + 2)]
    #expect(observed.requests.map(\.firstToken) == [.seconds(Double(7 + chunks.reduce(0, +)))])
  }

  @Test func aLoneRequestsTimeToFirstTokenIsTheSumOfItsLayerGroups() throws {
    let grouping = LayerGrouping(rule: .fixed, maxGroups: 3)
    let observed = try observe(
      [.at(7, prompt: 10, output: 1)], policy: LayeredPrefill(cohortTokens: 64, grouping: grouping))
    let groups = [2 * (1 + 10), 1 * (1 + 10), 1 * (1 + 10)]
    #expect(observed.requests.map(\.firstToken) == [.seconds(Double(7 + groups.reduce(0, +)))])
  }
}
