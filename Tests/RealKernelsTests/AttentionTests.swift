import Base
import RealKernels
import Testing

@Suite(.enabled(if: !machines.isEmpty, "\(notBuilt)")) struct AttentionTests {
  /// Query and KV heads: one each, shared by three, a multi-query head, Qwen3's eight to one.
  static let heads = [(1, 1), (6, 2), (4, 1), (16, 2)]

  @Test(arguments: machines, heads)
  func decodesOfAnyContextGiveTheReference(_ machine: Machine, _ heads: (Int, Int)) throws {
    for (seed, width) in machine.headWidths.enumerated() {
      let shape = AttentionShape(queryHeads: heads.0, kvHeads: heads.1, headWidth: width, slotTokens: 300)
      var check = try machine.check(seed: UInt64(seed))
      _ = try check.decodeAttention(shape, contexts: [1, 2, 17, 64, 65, 129, 300])
    }
  }

  @Test(arguments: machines) func aLongContextIsSplitAndPutTogether(_ machine: Machine) throws {
    let shape = AttentionShape(queryHeads: 4, kvHeads: 2, headWidth: machine.headWidths[1], slotTokens: 2500)
    var check = try machine.check(seed: 21)
    _ = try check.decodeAttention(shape, contexts: [2500, 3, 1025])
  }

  @Test(arguments: machines) func aWindowHidesTheTokensBeforeIt(_ machine: Machine) throws {
    for (seed, window) in [1, 50, 128].enumerated() {
      let shape = AttentionShape(
        queryHeads: 4, kvHeads: 2, headWidth: machine.headWidths[1], window: window, slotTokens: 1500)
      var check = try machine.check(seed: UInt64(30 + seed))
      _ = try check.decodeAttention(shape, contexts: [1, 49, 51, 400, 1500])
      _ = try check.prefillAttention(shape, tokens: 90, past: 0)
      _ = try check.prefillAttention(shape, tokens: 33, past: 201)
    }
  }

  @Test(arguments: machines, heads)
  func prefillsOfAnyChunkGiveTheReference(_ machine: Machine, _ heads: (Int, Int)) throws {
    for (seed, width) in machine.headWidths.enumerated() {
      let shape = AttentionShape(queryHeads: heads.0, kvHeads: heads.1, headWidth: width, slotTokens: 400)
      var check = try machine.check(seed: UInt64(40 + seed))
      for (tokens, past) in [(1, 0), (1, 77), (65, 0), (130, 0), (31, 100), (64, 64), (0, 5)] {
        _ = try check.prefillAttention(shape, tokens: tokens, past: past)
      }
    }
  }

  @Test(arguments: machines) func aPrefillOfOneTokenIsADecode(_ machine: Machine) throws {
    let shape = AttentionShape(queryHeads: 4, kvHeads: 2, headWidth: machine.headWidths[1], slotTokens: 100)
    var check = try machine.check(seed: 50)
    _ = try check.prefillAttention(shape, tokens: 1, past: 99)
    _ = try check.decodeAttention(shape, contexts: [100])
  }

  @Test(.enabled(if: machines.contains { $0.backend == .cpu }, "\(notBuilt)"))
  func aFloat32CacheGivesTheReferenceOnTheCPU() throws {
    let machine = try #require(machines.first { $0.backend == .cpu })
    let shape = AttentionShape(queryHeads: 6, kvHeads: 3, headWidth: 24, slotTokens: 200)
    var check = try machine.check(seed: 51)
    check.cacheType = .float32
    _ = try check.decodeAttention(shape, contexts: [200, 1, 63])
    _ = try check.prefillAttention(shape, tokens: 40, past: 150)
  }

  @Test(.enabled(if: machines.contains { $0.backend == .cpu }, "\(notBuilt)"))
  func aContextThatDoesNotFitIsAFault() throws {
    let machine = try #require(machines.first { $0.backend == .cpu })
    let kernels = try machine.open(threads: 1)
    let shape = AttentionShape(queryHeads: 1, kvHeads: 1, headWidth: 4, slotTokens: 10)
    let buffer = try KernelBuffer(kernels, .float32, count: 100)
    let found = message {
      try kernels.prefillAttention(
        shape, tokens: 6, past: 5, slot: 0, queries: buffer.all,
        cache: KernelCache(keys: buffer.all, values: buffer.all), output: buffer.all)
    }
    #expect(found == "cpu kernels: prefill_attention: a context of 11 in slots of 10 tokens")
  }
}
