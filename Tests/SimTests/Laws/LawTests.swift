import Base
import HardwareModels
import Sim
import TestSupport
import Testing
import Traces

/// The laws of the architecture, under every listed policy on every scenario and layout.
@Suite struct LawTests {
  @Test(arguments: PolicyCase.names, Layout.allCases)
  func everyTokenPassesEveryLayerOnceOrIsCachedPlusWhatPreemptionThrewAway(policy: String, layout: Layout) throws {
    for scenario in LawScenario.all {
      let observed = try scenario.observe(under: policy, on: layout)
      let audit = try scenario.audit(under: policy, on: layout)
      #expect(audit.notCoveredOnce == [], "\(scenario)")
      let layers = scenario.server.limits.layerCount
      let done = observed.summary.prefillTokenLayers + observed.summary.decodedTokens * layers
      let useful = scenario.trace.reduce(0) { $0 + ($1.promptTokens + $1.outputTokens - 1) * layers }
      #expect(done + audit.skipped == useful + audit.thrownAway, "\(scenario)")
    }
  }

  @Test(arguments: PolicyCase.names, Layout.allCases)
  func everyPlanIsLegalAndEveryReservationFits(policy: String, layout: Layout) throws {
    for scenario in LawScenario.all {
      let observed = try scenario.observe(under: policy, on: layout)
      #expect(try scenario.audit(under: policy, on: layout).problems == [], "\(scenario)")
      let blocks = scenario.server.limits.blockCount * layout.server(of: scenario.server).pool.ranks
      #expect(observed.iterations.allSatisfy { $0.usedBlocks <= blocks }, "\(scenario)")
    }
  }

  @Test(arguments: PolicyCase.names, Layout.allCases)
  func arithmeticAndKVWritesDependOnTheTraceAlone(policy: String, layout: Layout) throws {
    for scenario in LawScenario.roomy {
      let observed = try scenario.observe(under: policy, on: layout)
      let layers = scenario.server.limits.layerCount
      let tokens = scenario.trace.map { $0.promptTokens + $0.outputTokens - 1 }
      #expect(observed.summary.preemptions == 0, "\(scenario)")
      let flops = tokens.reduce(0) { $0 + layers * (2 * $1 + $1 * ($1 + 1) / 2) }
      #expect(observed.summary.work.flops == Flops(flops), "\(scenario)")
      #expect(observed.summary.work.traffic[.kvWrite] == Bytes(layers * tokens.reduce(0, +)), "\(scenario)")
    }
  }

  @Test(arguments: PolicyCase.names, Layout.allCases)
  func tightScenariosPreempt(policy: String, layout: Layout) throws {
    let preemptions = try LawScenario.all.map { try $0.observe(under: policy, on: layout).summary.preemptions }
    #expect(preemptions.reduce(0, +) > (layout == .one ? 10 : 3))
  }

  @Test(arguments: PolicyCase.names, Layout.allCases)
  func allBlocksAreFreeAtTheEnd(policy: String, layout: Layout) throws {
    for scenario in LawScenario.longer {
      let plans = try scenario.observe(under: policy, on: layout).plans.filter { $0.now >= LawScenario.late }
      let places = Set(plans.map { [$0.replica.number, $0.rank] })
      #expect(places.count == layout.server(of: scenario.server).schedulerCount, "\(scenario)")
      for planned in plans {
        #expect(planned.waiting.count + planned.prefilling.count + planned.decoding.count == 1, "\(scenario)")
        let held = planned.waiting.isEmpty ? 2 : 0
        #expect(planned.freeBlocks == scenario.server.limits.blockCount - held, "\(scenario)")
      }
    }
  }

  @Test(arguments: PolicyCase.names, Layout.allCases)
  func whoArrivedAndHasNotLeftIsInOnePlaceAtEveryEvent(policy: String, layout: Layout) throws {
    for scenario in LawScenario.all {
      let observed = try scenario.observe(under: policy, on: layout)
      let requests = observed.requests
      for ranks in observed.plansByLaneAndTime {
        let planned = ranks[0]
        let here = requests.filter { $0.isInFlight(at: planned.now) && $0.home(at: planned.now) == planned.replica }
        let seen = ranks.flatMap { $0.waiting + $0.prefilling + $0.decoding }
        #expect(here.map(\.id) == seen.sorted(), "\(scenario), at \(planned.now.seconds) s")
      }
      let inFlight = requests.map { new in
        requests.count { $0.id <= new.id && $0.finish >= new.arrival }
      }
      #expect(observed.summary.inFlightAtArrivals == inFlight.reduce(0, +), "\(scenario)")
      #expect(requests.count == scenario.trace.count, "\(scenario)")
    }
  }

  @Test(arguments: PolicyCase.names, Layout.allCases)
  func timeRunsForwards(policy: String, layout: Layout) throws {
    for scenario in LawScenario.all {
      let observed = try scenario.observe(under: policy, on: layout)
      for iterations in observed.iterationsByReplica {
        #expect(iterations.allSatisfy { $0.start < $0.end }, "\(scenario)")
        #expect(zip(iterations, iterations.dropFirst()).allSatisfy { $0.end <= $1.start }, "\(scenario)")
      }
      for (request, tokens) in zip(observed.requests, observed.tokenTimes) {
        let moments = [request.firstScheduled] + tokens
        #expect(request.arrival <= request.firstScheduled, "\(scenario)")
        #expect(zip(moments, moments.dropFirst()).allSatisfy { $0 < $1 }, "\(scenario)")
        #expect(tokens.count == request.outputTokens, "\(scenario)")
        #expect([tokens.first, tokens.last] == [request.firstToken, request.finish], "\(scenario)")
        #expect((request.cacheArrival != nil) == (layout == .split && tokens.count > 1), "\(scenario)")
        if let cacheArrival = request.cacheArrival { #expect(tokens[0] < cacheArrival && cacheArrival < tokens[1]) }
      }
    }
  }

  @Test(arguments: PolicyCase.names, Layout.allCases)
  func noReplicaIdlesWhileItCouldWork(policy: String, layout: Layout) throws {
    for scenario in LawScenario.all {
      let observed = try scenario.observe(under: policy, on: layout)
      let (requests, begun) = (observed.requests, observed.begun)
      for iterations in observed.iterationsByReplica {
        for (last, next) in zip(iterations, iterations.dropFirst()) where last.end < next.start {
          let moves = requests.contains {
            $0.home(at: last.end) == nil && [$0.replica, $0.lastReplica].contains(next.replica)
          }
          let here = requests.filter { $0.isInFlight(at: last.end) && $0.home(at: last.end) == next.replica }
          guard !moves, !here.isEmpty else { continue }
          let waits = begun.contains { $0.keepsFirstStage(from: last.end, to: next.start) }
          #expect(waits, "\(scenario), idle from \(last.end.seconds) s")
        }
      }
    }
  }
}
