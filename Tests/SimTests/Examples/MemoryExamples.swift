import Sim
import TestSupport
import Testing
import Traces

/// What happens when KV blocks run out, worked by hand: blocks of four tokens, chunked prefill on four layers.
@Suite struct MemoryExamples {
  @Test func theNewestDecodeIsPreemptedAndRecomputed() throws {
    let trace: [TraceRequest] = [.at(0, prompt: 4, output: 3), .at(0, prompt: 5, output: 3)]
    let observed = try observe(trace, on: tinyServer(blocks: 3), policy: ChunkedPrefill(tokenBudget: 20))
    #expect(
      observed.diary == [
        "0 to 40: admit 0 1, prefill 0 tokens 0..<4 layers 0..<4, prefill 1 tokens 0..<5 layers 0..<4",
        "40 to 48: preempt 1, decode 0",
        "48 to 56: decode 0",
        "at 56: 0 done, first token at 40, largest gap 8",
        "56 to 84: admit 1, prefill 1 tokens 0..<6 layers 0..<4",
        "84 to 92: decode 1",
        "at 92: 1 done, first token at 40, largest gap 44",
      ])
    #expect(observed.requests.map(\.preemptions) == [0, 1])
    #expect(observed.iterations.map(\.usedBlocks) == [3, 2, 2, 2, 2])
  }

  @Test func aPrefillIsNeverTheVictim() throws {
    let trace: [TraceRequest] = [.at(0, prompt: 3, output: 4), .at(0, prompt: 11, output: 1)]
    let observed = try observe(trace, on: tinyServer(blocks: 4), policy: ChunkedPrefill(tokenBudget: 4))
    #expect(
      observed.diary == [
        "0 to 20: admit 0 1, prefill 0 tokens 0..<3 layers 0..<4, prefill 1 tokens 0..<1 layers 0..<4",
        "20 to 40: decode 0, prefill 1 tokens 1..<4 layers 0..<4",
        "40 to 60: preempt 0, prefill 1 tokens 4..<8 layers 0..<4",
        "60 to 76: prefill 1 tokens 8..<11 layers 0..<4",
        "at 76: 1 done, first token at 76, largest gap 0",
        "76 to 96: admit 0, prefill 0 tokens 0..<4 layers 0..<4",
        "96 to 104: prefill 0 tokens 4..<5 layers 0..<4",
        "104 to 112: decode 0",
        "at 112: 0 done, first token at 20, largest gap 64",
      ])
  }

  @Test func thePreemptedComeBackInTheOrderInWhichTheyDecoded() throws {
    let trace = (0..<3).map { _ in TraceRequest.at(0, prompt: 4, output: 5) }
    let observed = try observe(trace, on: tinyServer(blocks: 3), policy: ChunkedPrefill(tokenBudget: 20))
    #expect(
      observed.diary == [
        "0 to 52: admit 0 1 2, prefill 0 tokens 0..<4 layers 0..<4, prefill 1 tokens 0..<4 layers 0..<4, "
          + "prefill 2 tokens 0..<4 layers 0..<4",
        "52 to 60: preempt 2 1, decode 0",
        "60 to 68: decode 0",
        "68 to 76: decode 0",
        "76 to 84: decode 0",
        "at 84: 0 done, first token at 52, largest gap 8",
        "84 to 108: admit 1, prefill 1 tokens 0..<5 layers 0..<4",
        "108 to 116: decode 1",
        "116 to 124: decode 1",
        "124 to 132: decode 1",
        "at 132: 1 done, first token at 52, largest gap 56",
        "132 to 156: admit 2, prefill 2 tokens 0..<5 layers 0..<4",
        "156 to 164: decode 2",
        "164 to 172: decode 2",
        "172 to 180: decode 2",
        "at 180: 2 done, first token at 52, largest gap 104",
      ])
  }

  @Test func aLongRequestThatFindsNoBlocksHoldsUpThoseBehindIt() throws {
    let trace: [TraceRequest] = [
      .at(0, prompt: 8, output: 2), .at(1, prompt: 12, output: 1), .at(1, prompt: 1, output: 1),
    ]
    let diary = try observe(trace, on: tinyServer(blocks: 4), policy: ChunkedPrefill(tokenBudget: 20)).diary
    #expect(
      diary == [
        "0 to 36: admit 0, prefill 0 tokens 0..<8 layers 0..<4",
        "36 to 44: decode 0",
        "at 44: 0 done, first token at 36, largest gap 8",
        "44 to 100: admit 1 2, prefill 1 tokens 0..<12 layers 0..<4, prefill 2 tokens 0..<1 layers 0..<4",
        "at 100: 1 done, first token at 100, largest gap 0",
        "at 100: 2 done, first token at 100, largest gap 0",
      ])
  }

  @Test func whatCanNeverBeServedIsRejectedOnArrival() throws {
    let trace: [TraceRequest] = [
      .at(0, prompt: 9, output: 2), .at(0, prompt: 8, output: 2), .at(0, prompt: 3, output: 1),
      .at(50, prompt: .max, output: 1),
    ]
    let observed = try observe(
      trace, on: tinyServer(maxModelLen: 10, blocks: 2), policy: ChunkedPrefill(tokenBudget: 20))
    #expect(
      observed.diary == [
        "0 to 16: admit 2, prefill 2 tokens 0..<3 layers 0..<4",
        "at 0: 0 rejected_too_long",
        "at 0: 1 rejected_no_memory",
        "at 16: 2 done, first token at 16, largest gap 0",
        "at 50: 3 rejected_too_long",
      ])
    #expect(observed.summary.requestsRejectedTooLong == 2)
    #expect(observed.summary.requestsRejectedNoMemory == 1)
    #expect(observed.summary.makespan == .seconds(16))
  }
}
