import Base
import HardwareModels
import Sim
import TestSupport
import Testing
import Traces

/// The laws of the architecture, under every listed policy on every scenario.
@Suite struct LawTests {
  private func audit(_ scenario: LawScenario, _ observed: Observation) -> PlanAudit {
    PlanAudit(observed.plans, of: scenario.trace, limits: scenario.server.limits)
  }

  @Test(arguments: policies.map { $0.name })
  func everyTokenPassesEveryLayerOnceOrIsCachedPlusWhatPreemptionThrewAway(policy: String) throws {
    for scenario in LawScenario.all {
      let observed = try scenario.observe(under: policy)
      let audit = audit(scenario, observed)
      #expect(audit.notCoveredOnce == [], "\(scenario)")
      let layers = scenario.server.limits.layerCount
      let done = observed.summary.prefillTokenLayers + observed.summary.decodedTokens * layers
      let useful = scenario.trace.reduce(0) { $0 + ($1.promptTokens + $1.outputTokens - 1) * layers }
      #expect(done + audit.skipped == useful + audit.thrownAway, "\(scenario)")
    }
  }

  @Test(arguments: policies.map { $0.name })
  func everyPlanIsLegalAndEveryReservationFits(policy: String) throws {
    for scenario in LawScenario.all {
      let observed = try scenario.observe(under: policy)
      #expect(audit(scenario, observed).problems == [], "\(scenario)")
      #expect(observed.iterations.allSatisfy { $0.usedBlocks <= scenario.server.limits.blockCount }, "\(scenario)")
    }
  }

  @Test(arguments: policies.map { $0.name })
  func arithmeticAndKVWritesDependOnTheTraceAlone(policy: String) throws {
    for scenario in LawScenario.roomy {
      let observed = try scenario.observe(under: policy)
      let layers = scenario.server.limits.layerCount
      let tokens = scenario.trace.map { $0.promptTokens + $0.outputTokens - 1 }
      #expect(observed.summary.preemptions == 0, "\(scenario)")
      let flops = tokens.reduce(0) { $0 + layers * (2 * $1 + $1 * ($1 + 1) / 2) }
      #expect(observed.summary.work.flops == Flops(flops), "\(scenario)")
      #expect(observed.summary.work.traffic[.kvWrite] == Bytes(layers * tokens.reduce(0, +)), "\(scenario)")
    }
  }

  @Test(arguments: policies.map { $0.name })
  func tightScenariosPreempt(policy: String) throws {
    let preemptions = try LawScenario.all.map { try $0.observe(under: policy).summary.preemptions }
    #expect(preemptions.reduce(0, +) > 10)
  }

  @Test(arguments: policies.map { $0.name })
  func allBlocksAreFreeAtTheEnd(policy: String) throws {
    for var scenario in LawScenario.all {
      let number = scenario.trace.count
      scenario.trace.append(.at(1_000_000, prompt: 5, output: 1))
      let observed = try scenario.observe(under: policy)
      let last = try #require(observed.plans.first { $0.now == .seconds(1_000_000) }, "\(scenario)")
      #expect(last.freeBlocks == scenario.server.limits.blockCount, "\(scenario)")
      #expect(last.waiting + last.prefilling + last.decoding == [RequestID(number)], "\(scenario)")
      #expect(observed.iterations.last?.usedBlocks == 2, "\(scenario)")
    }
  }

  @Test(arguments: policies.map { $0.name })
  func arrivedIsFinishedAndWaitingAndRunningAtEveryEvent(policy: String) throws {
    for scenario in LawScenario.all {
      let observed = try scenario.observe(under: policy)
      let requests = observed.requests
      for planned in observed.plans {
        let arrived = requests.count { $0.arrival <= planned.now }
        let finished = requests.count { $0.finish <= planned.now }
        let inFlight = planned.waiting.count + planned.prefilling.count + planned.decoding.count
        #expect(arrived == finished + inFlight, "\(scenario), at \(planned.now.seconds) s")
      }
      let inFlight = requests.map { new in
        requests.count { $0.id <= new.id && $0.finish >= new.arrival }
      }
      #expect(observed.summary.inFlightAtArrivals == inFlight.reduce(0, +), "\(scenario)")
      #expect(requests.count == scenario.trace.count, "\(scenario)")
    }
  }

  @Test(arguments: policies.map { $0.name })
  func timeRunsForwards(policy: String) throws {
    for scenario in LawScenario.all {
      let observed = try scenario.observe(under: policy)
      let iterations = observed.iterations
      #expect(iterations.allSatisfy { $0.start < $0.end }, "\(scenario)")
      #expect(zip(iterations, iterations.dropFirst()).allSatisfy { $0.end <= $1.start }, "\(scenario)")
      for request in observed.requests {
        let tokens = observed.tokenTimes(of: request)
        let moments = [request.firstScheduled] + tokens
        #expect(request.arrival <= request.firstScheduled, "\(scenario)")
        #expect(zip(moments, moments.dropFirst()).allSatisfy { $0 < $1 }, "\(scenario)")
        #expect(tokens.count == request.outputTokens, "\(scenario)")
        #expect([tokens.first, tokens.last] == [request.firstToken, request.finish], "\(scenario)")
      }
    }
  }

  @Test(arguments: policies.map { $0.name })
  func noReplicaIdlesWhileItCouldWork(policy: String) throws {
    for scenario in LawScenario.all {
      let observed = try scenario.observe(under: policy)
      var end = SimTime.zero
      for iteration in observed.iterations {
        let left = observed.requests.filter { $0.finish > end && $0.arrival < iteration.start }
        #expect(iteration.start == end || left.isEmpty, "\(scenario), idle from \(end.seconds) s")
        end = iteration.end
      }
    }
  }
}
