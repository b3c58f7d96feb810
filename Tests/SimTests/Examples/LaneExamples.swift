import Base
import HardwareModels
import Sim
import TestSupport
import Testing
import Traces

/// Ranks that step together and lanes on two stages, worked by hand. A layer that has work takes 1 s and 1 s for each
/// token; layers 0 and 1 of four are the first stage, 2 and 3 the second, and each stage draws 1 W.
@Suite struct LaneExamples {
  private let twoStages = UnitCostModel(firstLayers: [0, 2])

  private func server(ranks: Int = 1, lanes: Int = 1) -> Simulation.Server {
    var server = tinyServer(under: Orca(tokenBudget: 100))
    server.pool.ranks = ranks
    server.pool.lanes = lanes
    return server
  }

  /// Prompts of 5 and 2 tokens take 24 s and 12 s alone: both ranks are done after 24 s. Each then decodes in 8 s,
  /// until the first is done; the iteration that began at 24 ends for both.
  @Test func ranksWaitForTheOneThatHasMostToDo() throws {
    let trace: [TraceRequest] = [.at(0, prompt: 5, output: 2), .at(0, prompt: 2, output: 3)]
    let observed = try observe(trace, on: server(ranks: 2))
    #expect(
      observed.diary == [
        "0 to 24: rank 0 admit 0, prefill 0 tokens 0..<5 layers 0..<4; "
          + "rank 1 admit 1, prefill 1 tokens 0..<2 layers 0..<4",
        "24 to 32: rank 0 decode 0; rank 1 decode 1",
        "at 32: 0 done, first token at 24, largest gap 8",
        "32 to 40: rank 1 decode 1",
        "at 40: 1 done, first token at 24, largest gap 8",
      ])
    let counts = observed.iterations.map {
      [$0.index, $0.decodes, $0.prefillRequests, $0.usedBlocks, $0.emittedTokens]
    }
    #expect(counts == [[0, 0, 2, 3, 2], [1, 2, 0, 3, 2], [2, 1, 0, 1, 1]])
    #expect(observed.requests.map(\.replica.number) == [0, 0])
  }

  /// Who arrives while its lane runs waits for all ranks, though its own rank has nothing to do.
  @Test func aRankWithoutWorkIsNotFreeWhileItsLaneRuns() throws {
    let observed = try observe([.at(0, prompt: 5, output: 1), .at(1, prompt: 2, output: 1)], on: server(ranks: 2))
    #expect(
      observed.diary == [
        "0 to 24: rank 0 admit 0, prefill 0 tokens 0..<5 layers 0..<4",
        "at 24: 0 done, first token at 24, largest gap 0",
        "24 to 36: rank 1 admit 1, prefill 1 tokens 0..<2 layers 0..<4",
        "at 36: 1 done, first token at 36, largest gap 0",
      ])
  }

  /// The second prompt arrives in the first group of the first one's cohort and waits until that has passed the last;
  /// its rank does nothing in the second group, and both are in the same group afterwards.
  @Test func alignedRanksBeginTheirCohortsTogether() throws {
    var server = server(ranks: 2)
    server.pool.policy = LayeredPrefill(cohortTokens: 2, grouping: LayerGrouping(rule: .aligned, maxGroups: 2))
    let observed = try observe([.at(0, prompt: 3, output: 1), .at(1, prompt: 2, output: 1)], on: server)
    #expect(
      observed.diary == [
        "0 to 6: rank 0 admit 0, prefill 0 tokens 0..<2 layers 0..<2",
        "6 to 12: rank 0 prefill 0 tokens 0..<2 layers 2..<4",
        "12 to 18: rank 0 prefill 0 tokens 2..<3 layers 0..<2; "
          + "rank 1 admit 1, prefill 1 tokens 0..<2 layers 0..<2",
        "18 to 24: rank 0 prefill 0 tokens 2..<3 layers 2..<4; rank 1 prefill 1 tokens 0..<2 layers 2..<4",
        "at 24: 0 done, first token at 24, largest gap 0",
        "at 24: 1 done, first token at 24, largest gap 0",
      ])
  }

  /// A prompt token takes 4 s in each stage, and so does a decode: of two stages one is idle for half of 16 s each.
  @Test func aLoneLaneLeavesBubbles() throws {
    let observed = try observe([.at(0, prompt: 1, output: 2)], on: server(lanes: 2), cost: twoStages)
    #expect(
      observed.diary == [
        "0 to 8: admit 0, prefill 0 tokens 0..<1 layers 0..<4", "8 to 16: decode 0",
        "at 16: 0 done, first token at 8, largest gap 8",
      ])
    #expect(observed.summary.idleEnergy == Joules(16.0) && observed.summary.work.energy[.idle] == Joules(16.0))
  }

  /// The second lane enters the first stage when the first leaves it, and nobody waits after that: the last stage is
  /// idle for the first 4 s, the first stage for the last 4 s.
  @Test func twoLanesFillTwoStages() throws {
    let trace: [TraceRequest] = [.at(0, prompt: 1, output: 2), .at(0, prompt: 1, output: 2)]
    let observed = try observe(trace, on: server(lanes: 2), cost: twoStages)
    #expect(
      observed.diary == [
        "replica 0, 0 to 8: admit 0, prefill 0 tokens 0..<1 layers 0..<4",
        "replica 1, 4 to 12: admit 1, prefill 1 tokens 0..<1 layers 0..<4",
        "replica 0, 8 to 16: decode 0",
        "at 16: 0 done, first token at 8, largest gap 8",
        "replica 1, 12 to 20: decode 1",
        "at 20: 1 done, first token at 12, largest gap 8",
      ])
    #expect(observed.summary.idleEnergy == Joules(8.0) && observed.summary.work.energy[.idle] == Joules(32.0))
    #expect(observed.requests.map(\.replica.number) == [0, 1])
  }

  /// A prompt of 9 tokens takes 20 s in each stage, one of a single token 4 s: it leaves the first stage at 24 and
  /// waits for the second until 40, and the first stage is idle meanwhile, because its lane can begin nothing else.
  @Test func aShortIterationWaitsBehindALongOne() throws {
    let trace: [TraceRequest] = [.at(0, prompt: 9, output: 1), .at(0, prompt: 1, output: 2)]
    let observed = try observe(trace, on: server(lanes: 2), cost: twoStages)
    #expect(
      observed.diary == [
        "replica 0, 0 to 40: admit 0, prefill 0 tokens 0..<9 layers 0..<4",
        "at 40: 0 done, first token at 40, largest gap 0",
        "replica 1, 20 to 44: admit 1, prefill 1 tokens 0..<1 layers 0..<4",
        "replica 1, 44 to 52: decode 1",
        "at 52: 1 done, first token at 44, largest gap 8",
      ])
  }

  /// Two groups of two layers are one stage each, so a prompt's first iteration takes the first stage only, and its
  /// second one the second. Iterations keep their order in every stage: that of 24 to 28 had nothing to do in the first
  /// and waited for it since 4, and the decode of 28 waits in front of the second until the long prompt is through.
  @Test func aLayerGroupTakesTimeOnlyInTheStageThatOwnsItsLayers() throws {
    var server = server(lanes: 2)
    server.pool.policy = LayeredPrefill(
      cohortTokens: 100, grouping: LayerGrouping(rule: .fixed, maxGroups: 2))
    let trace: [TraceRequest] = [.at(0, prompt: 1, output: 3), .at(1, prompt: 9, output: 1)]
    let observed = try observe(trace, on: server, cost: twoStages)
    #expect(
      observed.diary == [
        "replica 0, 0 to 4: admit 0, prefill 0 tokens 0..<1 layers 0..<2",
        "replica 1, 4 to 24: admit 1, prefill 1 tokens 0..<9 layers 0..<2",
        "replica 0, 24 to 28: prefill 0 tokens 0..<1 layers 2..<4",
        "replica 1, 24 to 48: prefill 1 tokens 0..<9 layers 2..<4",
        "at 48: 1 done, first token at 48, largest gap 0",
        "replica 0, 28 to 52: decode 0",
        "replica 0, 52 to 60: decode 0",
        "at 60: 0 done, first token at 28, largest gap 24",
      ])
  }
}
