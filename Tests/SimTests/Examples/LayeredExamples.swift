import Sim
import TestSupport
import Testing
import Traces

/// Layered prefill worked by hand: four layers in two groups; a layer with work takes 1 + tokens seconds.
@Suite struct LayeredExamples {
  private func policy(cohortTokens: Int) -> LayeredPrefill {
    LayeredPrefill(cohortTokens: cohortTokens, grouping: LayerGrouping(rule: .fixed, maxGroups: 2))
  }

  @Test func aCohortPassesGroupsWhileDecodesGoOnAndArrivalsWait() throws {
    let trace: [TraceRequest] = [
      .at(0, prompt: 2, output: 5), .at(20, prompt: 6, output: 1), .at(40, prompt: 1, output: 1),
    ]
    let diary = try observe(trace, policy: policy(cohortTokens: 100)).diary
    #expect(
      diary == [
        "0 to 6: admit 0, prefill 0 tokens 0..<2 layers 0..<2",
        "6 to 12: prefill 0 tokens 0..<2 layers 2..<4",
        "12 to 20: decode 0",
        "20 to 40: admit 1, decode 0, prefill 1 tokens 0..<6 layers 0..<2",
        "40 to 60: decode 0, prefill 1 tokens 0..<6 layers 2..<4",
        "at 60: 1 done, first token at 60, largest gap 0",
        "60 to 70: admit 2, decode 0, prefill 2 tokens 0..<1 layers 0..<2",
        "at 70: 0 done, first token at 12, largest gap 20",
        "70 to 74: prefill 2 tokens 0..<1 layers 2..<4",
        "at 74: 2 done, first token at 74, largest gap 0",
      ])
  }

  @Test func aPromptLongerThanTheCohortIsCutAndLeadsTheNextOne() throws {
    let trace: [TraceRequest] = [.at(0, prompt: 8, output: 1), .at(0, prompt: 4, output: 1)]
    let diary = try observe(trace, policy: policy(cohortTokens: 5)).diary
    #expect(
      diary == [
        "0 to 12: admit 0, prefill 0 tokens 0..<5 layers 0..<2",
        "12 to 24: prefill 0 tokens 0..<5 layers 2..<4",
        "24 to 36: admit 1, prefill 0 tokens 5..<8 layers 0..<2, prefill 1 tokens 0..<2 layers 0..<2",
        "36 to 48: prefill 0 tokens 5..<8 layers 2..<4, prefill 1 tokens 0..<2 layers 2..<4",
        "at 48: 0 done, first token at 48, largest gap 0",
        "48 to 54: prefill 1 tokens 2..<4 layers 0..<2",
        "54 to 60: prefill 1 tokens 2..<4 layers 2..<4",
        "at 60: 1 done, first token at 60, largest gap 0",
      ])
  }

  @Test func decodesDoNotUseTheCohortsTokens() throws {
    let trace: [TraceRequest] = [.at(0, prompt: 1, output: 3), .at(4, prompt: 1, output: 1)]
    let diary = try observe(trace, policy: policy(cohortTokens: 1)).diary
    #expect(
      diary == [
        "0 to 4: admit 0, prefill 0 tokens 0..<1 layers 0..<2",
        "4 to 8: prefill 0 tokens 0..<1 layers 2..<4",
        "8 to 18: admit 1, decode 0, prefill 1 tokens 0..<1 layers 0..<2",
        "18 to 28: decode 0, prefill 1 tokens 0..<1 layers 2..<4",
        "at 28: 0 done, first token at 8, largest gap 10",
        "at 28: 1 done, first token at 28, largest gap 0",
      ])
  }
}
