import Base
import HardwareModels
import Sim
import TestSupport
import Testing
import Traces

/// What prefix caching may change, and what it must not.
@Suite struct PrefixLawTests {
  @Test(arguments: PolicyCase.names)
  func whereNoPromptsBeginAlikeCachingChangesNothing(policy: String) throws {
    for (index, scenario) in (LawScenario.roomy + LawScenario.roomy.map(\.tight)).enumerated() {
      var caching = scenario
      caching.server.limits.tokensPerPrefixBlock = 8
      if index < LawScenario.roomy.count {
        for number in caching.trace.indices { caching.trace[number].prefixIDs = Array(100 * number..<100 * number + 8) }
      }
      let (off, on) = (try scenario.observe(under: policy), try caching.simulate(under: policy))
      #expect(off.iterations == on.iterations && off.requests == on.requests, "\(scenario)")
      #expect(off.plans == on.plans && off.works == on.works, "\(scenario)")
    }
  }

  @Test(arguments: PolicyCase.names)
  func savedArithmeticIsThatOfTheCachedTokens(policy: String) throws {
    for sharing in LawScenario.sharing {
      var plain = sharing
      plain.server.limits.tokensPerPrefixBlock = nil
      let (off, on) = (try plain.simulate(under: policy), try sharing.observe(under: policy))
      let layers = plain.server.limits.layerCount
      let saved = on.requests.reduce(0) {
        $0 + layers * (2 * $1.cachedTokens + $1.cachedTokens * ($1.cachedTokens + 1) / 2)
      }
      #expect(off.summary.work.flops == on.summary.work.flops + Flops(saved), "\(sharing)")
      #expect(on.summary.cachedTokens == on.requests.reduce(0) { $0 + $1.cachedTokens }, "\(sharing)")
    }
  }

  @Test(arguments: PolicyCase.names)
  func aRoomyCacheHasAllThatWasEverComputedAndATightOneForgets(policy: String) throws {
    func forgotten(_ scenario: LawScenario) throws -> Int { try scenario.audit(under: policy).forgotten }
    #expect(try LawScenario.sharing.map(forgotten) == LawScenario.sharing.map { _ in 0 })
    #expect(try LawScenario.sharing.map(\.tight).map(forgotten).reduce(0, +) > 50)
  }

  /// One request after the other: what is cached is what the trace alone says.
  @Test(arguments: PolicyCase.names)
  func hitsOfOneRequestAfterTheOtherAreCountedFromTheTraceAlone(policy: String) throws {
    var random = SeededRandom(seed: 1, stream: "prompts of many blocks")
    var trace = (0..<40).map { TraceRequest.at(Double($0) * 1e6, prompt: random.integer(1...2600), output: 2) }
    trace.sharePrefixes(tokensPerPrefixBlock: TraceRequest.tokensPerPrefixID, &random)
    var reuse = PrefixReuse()
    for request in trace { reuse.add(request) }
    let server = tinyServer(layers: 2, tokensPerBlock: 16, tokensPerPrefixBlock: TraceRequest.tokensPerPrefixID)
    var twoGroups = try PolicyCase.named(policy)
    twoGroups.settings.replace("\"maxGroups\": 3", with: "\"maxGroups\": 2")
    let observed = try observe(trace, on: server, policy: twoGroups.policy(layerCount: 2))
    #expect(observed.summary.cachedTokens == reuse.repeatedTokens && reuse.repeatedTokens > 10_000)
  }

  /// The trace's prompts one after the other, on a server with room for all; 39,802,880 of 61,194,628 tokens were counted
  /// from the file in Python.
  @Test(.enabled(if: fileExists(mooncakeTrace), "the shared traces are not beside the project"))
  func withRoomForAllTheMooncakeTraceHitsSixtyFivePercent() throws {
    var trace: [TraceRequest] = []
    var source = try TraceFile(path: mooncakeTrace).open()
    while let request = try source.next() {
      let next = TraceRequest.at(
        Double(trace.count) * 1e6, prompt: request.promptTokens, output: 1, ids: request.prefixIDs)
      trace.append(next)
    }
    let server = tinyServer(
      layers: 1, maxModelLen: 200_000, blocks: 10_000_000, tokensPerBlock: 16,
      tokensPerPrefixBlock: TraceRequest.tokensPerPrefixID)
    var simulation = Simulation(
      of: ScriptedSource(trace), on: server.under(ChunkedPrefill(tokenBudget: 8192)), costModel: UnitCostModel())
    let summary = try simulation.run()
    #expect(summary.promptTokens == 61_194_628 && summary.cachedTokens == 39_802_880)
  }
}

private let mooncakeTrace = sharedFile("traces/mooncake_synthetic.jsonl")
