import Base
import HardwareModels
import TestSupport
import Testing

@Suite struct MemoryBudgetTests {
  private func budget(
    _ model: Model, _ gpu: GPU, _ engine: EngineProfile, gpus: Int = 1, utilisation: Double = 0.85
  ) throws -> MemoryBudget {
    try MemoryBudget(
      model: model, gpu: gpu, engine: engine, tensorParallel: gpus,
      settings: MemoryBudget.Settings(
        utilisation: utilisation, blockSize: 16, maxNumBatchedTokens: 8192, maxNumSeqs: 256))
  }

  @Test func thePaperHasRoomForHundredsOfThousandsOfTokens() throws {
    let found = try budget(
      model("qwen3-30b-a3b"), gpu("h100-sxm-80gb"), engine("layered-prefill-paper"), gpus: 2)
    #expect(found.kvBytesPerToken == Bytes(49_152))
    #expect((found.weights.value / 30.5e9 - 1).magnitude < 0.01)
    let parts = found.weights + found.activations + found.reserved + found.kvBytesPerToken * Double(found.tokens)
    #expect(parts <= found.usable && found.usable - parts < found.kvBytesPerToken * 16)
    #expect((700_000...850_000).contains(found.tokens))
  }

  @Test func tinyMemoryIsWorkedByHand() throws {
    var gpu = try unitGPU()
    gpu.memory = Bytes(20_000)
    let found = try MemoryBudget(
      model: tinyModel, gpu: gpu, engine: idealEngine(), tensorParallel: 1,
      settings: MemoryBudget.Settings(utilisation: 0.5, blockSize: 16, maxNumBatchedTokens: 10, maxNumSeqs: 2))
    // A layer: norms 4, projections 16, router 8, experts 24 weights; ends: norm 2, embedding and LM head 8.
    #expect(found.weights == Bytes(2 * (4 * 52 + 10)))
    // A token: 2 x (2 x hidden + 2 x (3 x 1 + 2)) bytes; logits 6 x 2 x 2.
    #expect(found.activations == Bytes(10 * 28 + 24))
    #expect(found.kvBytesPerToken == Bytes(32))
    #expect(found.blocks == (10_000 - 436 - 304) / 512)
  }

  @Test func windowedLayersMayKeepTheWindowOnly() throws {
    let oss = try model("gpt-oss-20b")
    var engine = try engine("vllm-0.24-h100")
    let full = try budget(oss, gpu("h100-sxm-80gb"), engine)
    engine.keepsFullKVInWindowedLayers = false
    let windowed = try budget(oss, gpu("h100-sxm-80gb"), engine)
    #expect(windowed.kvBytesPerToken * 2 == full.kvBytesPerToken)
    #expect(windowed.windowCache == Bytes(128 * 256 * 12 * 2048))
    #expect(windowed.tokens > full.tokens)
  }

  @Test func aModelThatDoesNotFitSaysWhatIsMissingAndWhatWouldDo() throws {
    let found = sentence { _ = try budget(model("mixtral-8x7b"), gpu("h100-sxm-80gb"), engine("vllm-0.24-h100")) }
    let head = "Mixtral-8x7B does not fit on 1 GPU H100 SXM 80 GB: "
    #expect(found.hasPrefix(head), "\(found)")
    #expect(found.hasSuffix(" bytes are missing on each — tensor parallelism over 2 GPUs would do"), "\(found)")
    // 93.4 GB of weights, 1.7 of activations and logits, 1.5 reserved; 72.2 may be used.
    let missing = Double(found.dropFirst(head.count).prefix { $0.isNumber }) ?? 0
    #expect((24.3e9...24.6e9).contains(missing), "\(missing)")
  }

  @Test func aModelThatFitsNowhereSaysSo() throws {
    var gpu = try unitGPU()
    gpu.memory = Bytes(100)
    let found = sentence { _ = try budget(tinyModel, gpu, idealEngine()) }
    #expect(found.hasPrefix("tiny does not fit on 1 GPU unit: "))
    #expect(found.hasSuffix(" — no degree of tensor parallelism that ideal knows would do"))
  }
}
