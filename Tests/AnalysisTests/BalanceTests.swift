import Analysis
import Base
import HardwareModels
import TestSupport
import Testing

/// The formulas of the second study, worked by hand.
@Suite struct BalanceTests {
  /// Weights of a block of R1: 187.1 M in attention (queries down and up, latents, keys and values up, output), 44.04 M
  /// in an expert, and in a dense layer the width of nine experts.
  private let attention = Double(11_010_048 + 37_748_736 + 4_128_768 + 16_777_216 + 117_440_512)
  private let expert = 3.0 * 7168 * 2048
  private let router = 7168.0 * 256

  @Test func theBatchAtTheRidgeIsTheRidgePointForEachCopyOfTheWeights() throws {
    let r1 = try balance("deepseek-r1")
    let ridge = 2.25e15 / 8e12
    #expect(isClose(try #require(r1.attentionRidgeBatch), ridge * 32))
    #expect(isClose(try #require(r1.expertRidgeBatch), ridge * 256 / 8))
    let maverick = try balance("llama-4-maverick", tensorParallel: 8)
    #expect(isClose(try #require(maverick.attentionRidgeBatch), ridge * 4))
    #expect(isClose(try #require(maverick.expertRidgeBatch), ridge * 128))
    #expect(try balance("gpt-3-175b", tensorParallel: 8).expertRidgeBatch == nil)
  }

  @Test func theBatchAtTheRidgeOfExpertsDoesNotDependOnTheirGPUs() throws {
    let batches = try [8, 32, 256].map { try balance("deepseek-r1", gpus: $0).expertRidgeBatch }
    #expect(Set(batches).count == 1)
    #expect(
      try balance("deepseek-r1", gpus: 64, expertParallel: 32).expertRidgeBatch == batches[0].map { $0 * 2 })
  }

  @Test func capacityIsWhatWeightsLeaveOverKeysAndValues() throws {
    let copied = 61 * attention + 3 * 3 * 7168 * 18432 + 58 * router
    let weights = 2 * (32 * copied + 58 * 257 * expert)
    let r1 = try balance("deepseek-r1")
    #expect(isClose(r1.weights.value, weights))
    #expect(r1.kvBytesPerToken == Bytes(70272))
    #expect(isClose(r1.batchCapacity(context: 8192), (32 * 192e9 - weights) / (70272 * 8192)))
    #expect(try balance("deepseek-r1", gpus: 1, expertParallel: 1).batchCapacity(context: 8192) == 0)
  }

  @Test func aDenseModelIsCopiedWhole() throws {
    let blocks = 96 * 12.0 * 12288 * 12288
    let gpt = try balance("gpt-3-175b", tensorParallel: 8, expertParallel: 1)
    #expect(isClose(gpt.weights.value, 2 * 4 * blocks))
    #expect(isClose(gpt.batchCapacity(context: 8192), (32 * 192e9 - 8 * blocks) / (4 * 12288 * 96 * 8192)))
    #expect(gpt.allToAll(tokensPerGPU: 128) == .zero && gpt.communication(batch: 1e4) == .zero)
  }

  @Test func latentsAreCopiedUnderTensorParallelismAndHeadsOnlyWhereTheyRunOut() throws {
    #expect(try balance("deepseek-r1", tensorParallel: 8).kvBytesPerToken == Bytes(8 * 70272))
    #expect(try balance("llama-4-maverick", tensorParallel: 8).kvBytesPerToken == Bytes(196_608))
    #expect(try balance("qwen3-30b-a3b", tensorParallel: 8).kvBytesPerToken == Bytes(2 * 98304))
  }

  @Test func anExchangeIsItsBytesAndTheLatency() throws {
    // 14,336 bytes a token, to eight experts, of 128 tokens.
    let bytes = 14336.0 * 8 * 128
    #expect(isClose(try balance("deepseek-r1").allToAll(tokensPerGPU: 128).value, bytes / 9e11 + 1.34e-6))
    let xdr = Link(bandwidth: BytesPerSecond(1e11), latency: Seconds(5e-6))
    #expect(isClose(try balance("deepseek-r1", link: xdr).allToAll(tokensPerGPU: 128).value, 151.8e-6))
  }

  @Test func communicationGoesBothWaysAndWaitsForTheLargestLoad() throws {
    var r1 = try balance("deepseek-r1")
    let even = 2 * 14336.0 * 8 * 4096 / (9e11 * 32)
    #expect(isClose(r1.communication(batch: 4096).value, even + 1.34e-6))
    r1.imbalance = 3
    #expect(isClose(r1.communication(batch: 4096).value, 3 * even + 1.34e-6))
  }

  @Test func aTokenTakesReadingEverythingAndTheExchangesOfSparseLayers() throws {
    let r1 = try balance("deepseek-r1")
    let time = r1.tokenTime(batch: 4096, context: 8192)
    let bytes = r1.weights.value + 4096 * 8192 * 70272
    #expect(isClose(time.memory.value, bytes / (32 * 8e12)))
    #expect(isClose(time.link.value, 58 * r1.communication(batch: 4096).value))
    // 2 FLOP a weight, of which a token meets nine experts; both products of absorbed attention over 8192 latents; and
    // the two absorptions, in the place of the up-projection.
    let dense: Double = 3 * 3 * 7168 * 18432
    let met = 61 * attention + dense + 58 * (9 * expert + router)
    let attended: Double = 61 * 2 * 128 * (576 + 512) * 8192
    let flops = 2 * met + attended
    #expect(isClose(time.compute.value, 4096 * flops / (32 * 2.25e15)))
    #expect(time.withoutCompute == time.memory + time.link && time.total == time.memory + time.link)
    #expect(r1.tokensPerSecondAndGPU(batch: 4096, in: Seconds(0.02)) == 4096 / 0.02 / 32)
  }

  @Test func theLargestBatchWithinALimitJustMeetsIt() throws {
    let r1 = try balance("deepseek-r1")
    let batch = r1.largestBatch(context: 8192, within: Seconds(0.016))
    #expect(isClose(r1.tokenTime(batch: batch, context: 8192).withoutCompute.value, 0.016, within: 1e-9))
    #expect(r1.largestBatch(context: 8192, within: Seconds(1)) == r1.batchCapacity(context: 8192))
    #expect(r1.largestBatch(context: 8192, within: Seconds(1e-3)) == 0)
  }

  @Test func fp8HalvesBytesAndDoublesTheRidge() throws {
    let gpu = try gpu("b200-sxm-192gb")
    #expect(gpu.ridgePoint(for: .fp8)?.value == 2 * (gpu.ridgePoint(for: .bf16)?.value ?? 0))
    var eight = try model("deepseek-r1")
    eight.transformer.experts?.format = .fp8
    eight.transformer.attention.format = .fp8
    eight.transformer.attention.cacheFormat = .fp8
    let system = try balance("deepseek-r1").system
    let most = try Balance(of: eight, on: system).batchCapacity(context: 8192)
    #expect(try most > 2 * balance("deepseek-r1").batchCapacity(context: 8192))
  }
}
