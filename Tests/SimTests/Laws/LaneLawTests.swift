import Base
import HardwareModels
import Sim
import TestSupport
import Testing
import Traces

/// What holds for ranks that step together and for lanes on stages.
@Suite struct LaneLawTests {
  @Test(arguments: PolicyCase.names)
  func allRanksOfALanePlanWhenItsIterationBegins(policy: String) throws {
    for scenario in LawScenario.all {
      let observed = try scenario.observe(under: policy, on: .ranks)
      for iteration in observed.iterations {
        let between = observed.plans.filter { iteration.start < $0.now && $0.now < iteration.end }
        #expect(between == [], "\(scenario)")
      }
      #expect(observed.begun.map(\.iteration.start) == observed.begun.map { $0.planned[0].now }, "\(scenario)")
      #expect(observed.begun.count == observed.iterations.count, "\(scenario)")
    }
  }

  @Test(arguments: PolicyCase.names)
  func aRequestAloneDoesNotKnowOfOtherRanksAndLanes(policy: String) throws {
    for scenario in LawScenario.all where scenario.trace.count == 1 {
      let alone = try scenario.observe(under: policy)
      for layout in [Layout.ranks, .stages] {
        #expect(try scenario.observe(under: policy, on: layout).tokenTimes == alone.tokenTimes, "\(scenario)")
      }
    }
  }

  /// An iteration is in the first stage when it begins and in the last before it ends, so both can be told apart.
  @Test(arguments: PolicyCase.names)
  func noStageHasTwoIterationsAtOnce(policy: String) throws {
    for scenario in LawScenario.all {
      let begun = try scenario.observe(under: policy, on: .stages).begun
      for (first, next) in zip(begun, begun.dropFirst()) {
        #expect(first.firstStageEnd <= next.iteration.start, "\(scenario)")
        #expect(first.iteration.end <= next.lastStageStart, "\(scenario)")
      }
      #expect(begun.allSatisfy { $0.firstStageEnd <= $0.lastStageStart }, "\(scenario)")
    }
  }

  /// One lane on two stages leaves one of them idle at any time, and takes as long as one GPU with all layers.
  @Test(arguments: PolicyCase.names)
  func oneLaneOnTwoStagesTakesAsLongAsOneStage(policy: String) throws {
    for scenario in LawScenario.all {
      let one = try scenario.observe(under: policy)
      let two = try observe(
        scenario.trace, on: scenario.server, policy: PolicyCase.named(policy).policy(layerCount: 6),
        cost: Layout.stages.cost)
      #expect(one.entries == two.entries, "\(scenario)")
      #expect(one.plans == two.plans, "\(scenario)")
      let idle = two.summary.idleEnergy - one.summary.idleEnergy
      #expect(abs((idle - Joules(two.summary.makespan.seconds)).value) < 1e-6, "\(scenario)")
    }
  }

  /// Whose prompts pass layers in the same iteration pass the same ones, and a rank that waits may do nothing meanwhile.
  @Test func alignedCohortsOfAllRanksAreInTheSameGroup() throws {
    var (shared, waiting) = (0, 0)
    for scenario in LawScenario.all {
      for ranks in try scenario.observe(under: "aligned", on: .ranks).plansByLaneAndTime {
        let groups = ranks.filter { !$0.plan.tiles.isEmpty }.map { $0.plan.tiles[0].layers }
        #expect(groups.allSatisfy { $0 == groups[0] }, "\(scenario), at \(ranks[0].now.seconds) s")
        shared += groups.count == 2 ? 1 : 0
        waiting += ranks.contains(where: \.isIdle) ? 1 : 0
      }
    }
    #expect(shared > 100 && waiting > 10)
  }

  @Test(arguments: Layout.allCases.filter { $0 != .ranks })
  func aRankAloneInItsLaneNeedsNoAgreement(layout: Layout) throws {
    for scenario in LawScenario.all {
      let (aligned, fixed) = (
        try scenario.observe(under: "aligned", on: layout), try scenario.observe(under: "layered", on: layout)
      )
      #expect(aligned.entries == fixed.entries && aligned.plans == fixed.plans, "\(scenario)")
    }
  }

  /// Each of p stages takes t for every iteration of one decode: p lanes bring out a token every t once the first is
  /// through, one lane a token every p t.
  @Test(arguments: 1...4)
  func asManyBusyLanesAsStagesBringOutATokenEachStageTime(stages: Int) throws {
    let (tokens, time) = (50, 2 * (1 + 1))
    let cost = UnitCostModel(firstLayers: (0..<stages).map { 2 * $0 })
    var server = tinyServer(layers: 2 * stages)
    let trace = (0..<stages).map { _ in TraceRequest.at(0, prompt: 1, output: tokens) }
    server.pool.lanes = stages
    let busy = try observe(trace, on: server, cost: cost)
    #expect(busy.summary.lastFinish == .seconds(Double(time * (stages * tokens + stages - 1))))
    let ends = busy.iterations.map(\.end)
    #expect(zip(ends, ends.dropFirst()).allSatisfy { $1 - $0 == .seconds(Double(time)) })
    let alone = try observe([trace[0]], on: server, cost: cost)
    #expect(alone.summary.lastFinish == .seconds(Double(time * stages * tokens)))
  }
}

extension Observation.Begun {
  /// It begins when the first stage is free.
  fileprivate var firstStageEnd: SimTime { iteration.start + .seconds(stageTimes[0].value) }
  /// It ends when the last stage has done its part.
  fileprivate var lastStageStart: SimTime { iteration.end - .seconds(stageTimes[stageTimes.count - 1].value) }

  /// Whether it keeps the first of several stages from a moment on until the very end of a span.
  func keepsFirstStage(from start: SimTime, to end: SimTime) -> Bool {
    stageTimes.count > 1 && iteration.start <= start && firstStageEnd == end
  }
}

extension SimTime {
  fileprivate static func - (moment: Self, length: SimDuration) -> Self {
    SimTime(nanoseconds: moment.nanoseconds - length.nanoseconds)
  }
}
