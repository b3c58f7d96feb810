import Base
import HardwareModels
import Sim
import TestSupport
import Testing
import Traces

/// The laws that compare one run with another or with a formula.
@Suite struct RunLawTests {
  /// The second run goes on: long after its end every scheduler has to plan for one more request.
  @Test(arguments: policies.map { $0.name }, Layout.allCases)
  func theSameRunTwiceIsTheSameAndAllBlocksAreFreeAtTheEnd(policy: String, layout: Layout) throws {
    for scenario in LawScenario.all {
      let first = try scenario.observe(under: policy, on: layout)
      var again = scenario
      again.trace += (0..<6).map { .at(1_000_000 + 1000 * Double($0), prompt: 5, output: 2) }
      let second = try again.simulate(under: policy, on: layout)
      #expect(first.entries == Array(second.entries.prefix(first.entries.count)), "\(scenario)")
      #expect(first.plans == Array(second.plans.prefix(first.plans.count)), "\(scenario)")
      #expect(first.works == Array(second.works.prefix(first.works.count)), "\(scenario)")
      let later = second.plans.dropFirst(first.plans.count)
      let places = Set(later.map { [$0.replica.number, $0.rank] })
      #expect(places.count == layout.server(of: scenario.server).schedulerCount, "\(scenario)")
      for planned in later {
        #expect(planned.waiting.count + planned.prefilling.count + planned.decoding.count == 1, "\(scenario)")
        let held = planned.waiting.isEmpty ? 2 : 0
        #expect(planned.freeBlocks == scenario.server.limits.blockCount - held, "\(scenario)")
      }
    }
  }

  @Test(arguments: policies.map { $0.name }, Layout.allCases)
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

  @Test(arguments: policies.map { $0.name })
  func replicasServeEveryOtherRequestAsIfTheyWereAlone(policy: String) throws {
    for scenario in LawScenario.all {
      let together = try scenario.observe(under: policy, on: .three).requests
      for replica in 0..<3 {
        let numbers = scenario.trace.indices.filter { $0 % 3 == replica }
        var part = scenario
        part.trace = numbers.map { scenario.trace[$0] }
        let alone = try part.simulate(under: policy).requests
        #expect(numbers.map { together[$0].finish } == alone.map(\.finish), "\(scenario), replica \(replica)")
        #expect(numbers.map { together[$0].firstToken } == alone.map(\.firstToken), "\(scenario), replica \(replica)")
        #expect(numbers.map { together[$0].largestGap } == alone.map(\.largestGap), "\(scenario), replica \(replica)")
      }
    }
  }

  /// A policy knows the length of an answer only when the answer ends.
  @Test(arguments: policies.map { $0.name }, Layout.allCases)
  func plansDoNotDependOnHowLongAnswersWillBe(policy: String, layout: Layout) throws {
    for (index, scenario) in LawScenario.all.enumerated() {
      var random = SeededRandom(seed: UInt64(index), stream: "longer answers")
      var longer = scenario
      let changed = scenario.trace.indices.filter { _ in random.happens(0.4) }
      for number in changed {
        let room = scenario.server.limits.blockCount * 4 - scenario.trace[number].promptTokens
        longer.trace[number].outputTokens = min(room, longer.trace[number].outputTokens + random.integer(1...9))
      }
      let short = try scenario.observe(under: policy, on: layout)
      let long = try longer.simulate(under: policy, on: layout)
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
