import Base
import HardwareModels
import Sim
import TestSupport
import Testing
import Traces

/// One replica prefills, one decodes: worked by hand. A layer that has work takes 1 s and 1 s for each token, of which
/// there are four layers; a token's keys and values are four bytes.
@Suite struct SplitExamples {
  private func server(bandwidth: Double, latency: Double = 0, blocks: Int = 100, decodeBlocks: Int = 100)
    -> Simulation.Server
  {
    var server = tinyServer(blocks: blocks, under: Orca(tokenBudget: 100))
    var pool = server.pool
    pool.limits.blockCount = decodeBlocks
    server.handover = Handover(
      to: pool, over: CacheLink(bandwidth: BytesPerSecond(bandwidth), latency: Seconds(latency)),
      bytesPerToken: Bytes(4))
    return server
  }

  @Test func withoutATransferTimeADecodeFollowsItsPrefillAtOnce() throws {
    let observed = try observe([.at(0, prompt: 3, output: 3)], on: server(bandwidth: .infinity))
    #expect(
      observed.diary == [
        "replica 0, 0 to 16: admit 0, prefill 0 tokens 0..<3 layers 0..<4",
        "replica 1, 16 to 24: decode 0",
        "replica 1, 24 to 32: decode 0",
        "at 32: 0 done, first token at 16, largest gap 8",
      ])
  }

  /// Three tokens are 12 bytes, 6 s at 2 bytes a second, and 1 s comes on top of each: 0 moves from 16 to 23. The other
  /// prompt of 2 tokens, 4 s and 1 s, follows on the same link, though both tokens came out together.
  @Test func cachesOfOneReplicaMoveOneAfterTheOther() throws {
    let trace: [TraceRequest] = [.at(0, prompt: 3, output: 2), .at(0, prompt: 2, output: 2)]
    let observed = try observe(trace, on: server(bandwidth: 2, latency: 1))
    #expect(
      observed.diary == [
        "replica 0, 0 to 24: admit 0 1, prefill 0 tokens 0..<3 layers 0..<4, prefill 1 tokens 0..<2 layers 0..<4",
        "replica 1, 31 to 39: decode 0",
        "at 39: 0 done, first token at 24, largest gap 15",
        "replica 1, 39 to 47: decode 1",
        "at 47: 1 done, first token at 24, largest gap 23",
      ])
    #expect(observed.requests.map(\.cacheArrival) == [.seconds(31), .seconds(36)])
    #expect(observed.summary.movedBytes == Bytes(20) && observed.summary.movingTime == Seconds(19))
  }

  /// A prompt of 13 tokens takes four blocks. Five hold one of the two, so the second moves when the first is done; its
  /// own blocks stay held until then, and of eight too few are left for a third prompt.
  @Test func whoFindsNoBlocksKeepsThoseItHas() throws {
    let trace: [TraceRequest] = [
      .at(0, prompt: 13, output: 2), .at(0, prompt: 13, output: 2), .at(0, prompt: 20, output: 1),
    ]
    let observed = try observe(trace, on: server(bandwidth: .infinity, blocks: 8, decodeBlocks: 5))
    #expect(
      observed.diary == [
        "replica 0, 0 to 108: admit 0 1, prefill 0 tokens 0..<13 layers 0..<4, prefill 1 tokens 0..<13 layers 0..<4",
        "replica 1, 108 to 116: decode 0",
        "at 116: 0 done, first token at 108, largest gap 8",
        "replica 1, 116 to 124: decode 1",
        "at 124: 1 done, first token at 108, largest gap 16",
        "replica 0, 116 to 200: admit 2, prefill 2 tokens 0..<20 layers 0..<4",
        "at 200: 2 done, first token at 200, largest gap 0",
      ])
  }

  /// Two blocks hold both prompts on arrival and no token more: who came last does its prompt again where it decodes, and
  /// nobody is let in before it.
  @Test func whoIsPreemptedIsPrefilledWhereItDecodes() throws {
    let trace = (0..<3).map { _ in TraceRequest.at(0, prompt: 4, output: 3) }
    let observed = try observe(trace, on: server(bandwidth: .infinity, decodeBlocks: 2))
    #expect(
      observed.diary == [
        "replica 0, 0 to 52: admit 0 1 2, prefill 0 tokens 0..<4 layers 0..<4, prefill 1 tokens 0..<4 layers 0..<4, "
          + "prefill 2 tokens 0..<4 layers 0..<4",
        "replica 1, 52 to 60: preempt 1, decode 0",
        "replica 1, 60 to 68: decode 0",
        "at 68: 0 done, first token at 52, largest gap 8",
        "replica 1, 68 to 92: admit 1, prefill 1 tokens 0..<5 layers 0..<4",
        "replica 1, 92 to 100: decode 1",
        "at 100: 1 done, first token at 52, largest gap 40",
        "replica 1, 100 to 108: decode 2",
        "replica 1, 108 to 116: decode 2",
        "at 116: 2 done, first token at 52, largest gap 56",
      ])
  }

  @Test func whoHasOneTokenDoesNotMove() throws {
    let observed = try observe([.at(0, prompt: 3, output: 1)], on: server(bandwidth: 2))
    #expect(
      observed.diary == [
        "0 to 16: admit 0, prefill 0 tokens 0..<3 layers 0..<4", "at 16: 0 done, first token at 16, largest gap 0",
      ])
    #expect(observed.summary.requestsMoved == 0)
  }

  @Test func aPriceOfAByteIsEnergyOfTheLink() throws {
    var server = server(bandwidth: 2)
    let free = try observe([.at(0, prompt: 3, output: 2)], on: server).summary
    server.handover?.link.energyPerByte = JoulesPerByte(7.0)
    let paid = try observe([.at(0, prompt: 3, output: 2)], on: server).summary
    #expect(paid.work.energy[.link] - free.work.energy[.link] == Joules(84.0))
  }

  @Test func whatOnePoolCannotHoldIsTurnedAway() throws {
    let trace: [TraceRequest] = [
      .at(0, prompt: 9, output: 1), .at(0, prompt: 5, output: 9), .at(0, prompt: 8, output: 1),
      .at(0, prompt: 5, output: 8),
    ]
    let observed = try observe(trace, on: server(bandwidth: 1, blocks: 2, decodeBlocks: 3))
    #expect(observed.requests.map(\.outcome) == [.rejectedNoMemory, .rejectedNoMemory, .completed, .completed])
  }
}
