import Sim
import TestSupport
import Testing
import Traces

/// Chunked prefill, Orca and static batches worked by hand: four layers, an iteration takes 4 x (1 + tokens) seconds.
@Suite struct TokenBudgetExamples {
  @Test func chunksOfTwoPromptsShareAnIteration() throws {
    let trace: [TraceRequest] = [.at(0, prompt: 4, output: 2), .at(0, prompt: 5, output: 1)]
    let diary = try observe(trace, policy: ChunkedPrefill(tokenBudget: 6)).diary
    #expect(
      diary == [
        "0 to 28: admit 0 1, prefill 0 tokens 0..<4 layers 0..<4, prefill 1 tokens 0..<2 layers 0..<4",
        "28 to 48: decode 0, prefill 1 tokens 2..<5 layers 0..<4",
        "at 48: 0 done, first token at 28, largest gap 20",
        "at 48: 1 done, first token at 48, largest gap 0",
      ])
  }

  @Test func arrivalsAtTheEndOfAnIterationJoinTheNextOne() throws {
    let trace: [TraceRequest] = [
      .at(0, prompt: 3, output: 2), .at(16, prompt: 2, output: 1), .at(17, prompt: 1, output: 1),
    ]
    let diary = try observe(trace, policy: ChunkedPrefill(tokenBudget: 100)).diary
    #expect(
      diary == [
        "0 to 16: admit 0, prefill 0 tokens 0..<3 layers 0..<4",
        "16 to 32: admit 1, decode 0, prefill 1 tokens 0..<2 layers 0..<4",
        "at 32: 0 done, first token at 16, largest gap 16",
        "at 32: 1 done, first token at 32, largest gap 0",
        "32 to 40: admit 2, prefill 2 tokens 0..<1 layers 0..<4",
        "at 40: 2 done, first token at 40, largest gap 0",
      ])
  }

  @Test func decodesThatDoNotFitTheBudgetPause() throws {
    let trace: [TraceRequest] = [.at(0, prompt: 1, output: 3), .at(0, prompt: 1, output: 2)]
    let diary = try observe(trace, policy: ChunkedPrefill(tokenBudget: 1)).diary
    #expect(
      diary == [
        "0 to 8: admit 0, prefill 0 tokens 0..<1 layers 0..<4",
        "8 to 16: decode 0",
        "16 to 24: decode 0",
        "at 24: 0 done, first token at 8, largest gap 8",
        "24 to 32: admit 1, prefill 1 tokens 0..<1 layers 0..<4",
        "32 to 40: decode 1",
        "at 40: 1 done, first token at 32, largest gap 8",
      ])
  }

  @Test func orcaLetsTheNewestDecodePauseWhereRequestsAreLimited() throws {
    let trace: [TraceRequest] = [
      .at(0, prompt: 2, output: 4), .at(0, prompt: 2, output: 3), .at(13, prompt: 3, output: 1),
    ]
    let diary = try observe(trace, on: tinyServer(maxRequests: 2), policy: Orca(tokenBudget: 100)).diary
    #expect(
      diary == [
        "0 to 20: admit 0 1, prefill 0 tokens 0..<2 layers 0..<4, prefill 1 tokens 0..<2 layers 0..<4",
        "20 to 40: admit 2, decode 0, prefill 2 tokens 0..<3 layers 0..<4",
        "at 40: 2 done, first token at 40, largest gap 0",
        "40 to 52: decode 0 1",
        "52 to 64: decode 0 1",
        "at 64: 0 done, first token at 20, largest gap 20",
        "at 64: 1 done, first token at 20, largest gap 32",
      ])
  }

  @Test func orcaRunsPromptsWholeAsFarAsTheyFitTheBudget() throws {
    let trace: [TraceRequest] = [
      .at(0, prompt: 4, output: 1), .at(0, prompt: 3, output: 1), .at(0, prompt: 9, output: 1),
    ]
    let diary = try observe(trace, policy: Orca(tokenBudget: 6)).diary
    #expect(
      diary == [
        "0 to 20: admit 0, prefill 0 tokens 0..<4 layers 0..<4",
        "at 20: 0 done, first token at 20, largest gap 0",
        "20 to 36: admit 1, prefill 1 tokens 0..<3 layers 0..<4",
        "at 36: 1 done, first token at 36, largest gap 0",
        "36 to 76: admit 2, prefill 2 tokens 0..<9 layers 0..<4",
        "at 76: 2 done, first token at 76, largest gap 0",
      ])
  }

  @Test func aStaticBatchEndsBeforeTheNextBegins() throws {
    let trace: [TraceRequest] = [
      .at(0, prompt: 2, output: 3), .at(0, prompt: 1, output: 1), .at(0, prompt: 1, output: 1),
    ]
    let diary = try observe(trace, policy: StaticBatching(batchSize: 2, tokenBudget: 100)).diary
    #expect(
      diary == [
        "0 to 16: admit 0 1, prefill 0 tokens 0..<2 layers 0..<4, prefill 1 tokens 0..<1 layers 0..<4",
        "at 16: 1 done, first token at 16, largest gap 0",
        "16 to 24: decode 0",
        "24 to 32: decode 0",
        "at 32: 0 done, first token at 16, largest gap 8",
        "32 to 40: admit 2, prefill 2 tokens 0..<1 layers 0..<4",
        "at 40: 2 done, first token at 40, largest gap 0",
      ])
  }
}
