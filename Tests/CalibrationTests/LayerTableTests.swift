import Base
import HardwareModels
import TestSupport
import Testing

@testable import Calibration

/// For tables that name no model.
func noModel(_ name: String) throws -> Model { throw InputError(.usage, "there is no model \"\(name)\"") }

/// Tables of the layers of a profiled model, as LLMServingSim's profiler writes them.
@Suite struct LayerTableTests {
  private let llama = "profile/Llama-3.1-8B/tp2/dense.csv"

  private func model(_ name: String) throws -> Model {
    try Model(
      reading: projectConfig("configs/models/\(name == "Llama-3.1-8B" ? "llama-3.1-8b" : "qwen3-30b-a3b").json"))
  }

  private func read(_ text: String, _ file: String, _ filters: [String] = []) throws -> MeasurementSet {
    try MeasurementSet(
      reading: [KernelTable(parsing: text, file: file, model: model)],
      MeasurementSelection(
        gpu: "rtx", engine: "any", filters: try filters.map { try RowFilter(parsing: $0, option: "") }))
  }

  @Test func aLayerDoesWhatTheModelCounts() throws {
    let text = "layer,tokens,time_us\r\nqkv_proj,64,35.84\r\nact_fn,64,3\r\nrotary_emb,64,3\r\n"
    let set = try read(text, llama)
    #expect(
      set.measurements.map(\.work) == [
        // Half of 32 query heads and of 2 x 8 key and value heads, 128 wide each; 2 x 3 x 7168 bytes a token; 20 heads
        // of queries and keys, 2 x 2 x 128 bytes each.
        .matrixProduct(MatrixProduct(rows: 64, columns: 3072, inner: 4096, format: .bf16)),
        .elementwise(bytes: 2_752_512, kernels: 1), .elementwise(bytes: 655_360, kernels: 1),
      ])
    #expect(set.measurements.map(\.family) == [.gemm, .elementwise, .elementwise])
    #expect(set.measurements.map(\.seconds) == [35.84e-6, 3e-6, 3e-6])
  }

  @Test func whatIsMeasuredOneByOneIsCountedOneByOne() throws {
    let text = "layer,tokens,time_us\nqk_norm,64,3\nrotary_emb,64,3\n"
    let set = try read(text, "Qwen3-30B-A3B/tp1/dense.csv")
    let one = OperatorDemand.Kind.elementwise(bytes: 1_179_648, kernels: 1)
    #expect(set.measurements.map(\.work) == [one, one])
  }

  @Test func theLastNormSamplerAndHeadGoBySequences() throws {
    let set = try read("layer,sequences,time_us\nlm_head,3,700\nsampler,3,10\n", llama)
    #expect(
      set.measurements.map(\.work) == [
        .matrixProduct(MatrixProduct(rows: 3, columns: 64128, inner: 4096, format: .bf16))
      ])
    #expect(
      set.leftOut == [.init(family: .elementwise, reason: "the layer sampler, which no form is about", count: 1)])
  }

  @Test func activatedExpertsGetAsManyTokensEach() throws {
    let text = "tokens,activated_experts,time_us\n4,8,56\n4,16,135\n"
    let set = try read(text, "Qwen3-30B-A3B/tp1/moe.csv", ["moe: weight_bytes>=1e8"])
    guard case .experts(let product)? = set.measurements.first?.work else { Issue.record("no experts"); return }
    #expect(set.measurements.count == 1 && product.load == ExpertLoad(counts: Array(repeating: 2, count: 16)))
    #expect(
      set.measurements[0].besides == .matrixProduct(MatrixProduct(rows: 4, columns: 128, inner: 2048, format: .bf16)))
  }

  @Test func promptsAndDecodesInOneCallAreOneKernel() throws {
    let text = """
      prefill_chunk,kv_prefill,n_decode,kv_decode,time_us
      0,0,2,9,8
      16,4,0,0,9
      16,4,2,9,10
      """
    let set = try read(text, "Qwen3-30B-A3B/tp2/attention.csv")
    let decode = DecodeAttention(requests: 2, contextTokens: 20, kvHeads: 2, headDim: 128)
    // 16 tokens behind 4 others attend to 5 + 6 + ... + 20 tokens.
    let prefill = PrefillAttention(tokens: 16, pairs: 200, cachedTokens: 20, heads: 16, kvHeads: 2, headDim: 128)
    #expect(
      set.measurements.map(\.work) == [
        .decodeAttention(decode), .prefillAttention(prefill), .sharedAttention(prefill, decode),
      ])
    #expect(set.measurements.map(\.family) == [.decode, .prefill, .prefill])
  }

  @Test func aFileIsNamedWithItsModelAndWithoutItsMachine() {
    #expect(shortName(of: "/home/me/Llama-3.1-8B/tp2/dense.csv") == "Llama-3.1-8B/tp2/dense.csv")
    #expect(shortName(of: "../tables/moe.csv") == "moe.csv" && shortName(of: "moe.csv") == "moe.csv")
  }

  @Test func whatCannotBeIsOneSentence() {
    func message(_ text: String, _ file: String) -> String { sentence { _ = try read(text, file) } }
    let moe = "tokens,activated_experts,time_us\n"
    #expect(
      message(moe + "1,8,50\n", "moe.csv")
        == "moe.csv: the table is about layers of a model, but no folder says of which — "
        + "keep it in MODEL/tpN, such as Llama-3.1-8B/tp2, for N GPUs")
    #expect(
      message(moe + "1,9,50\n", "Qwen3-30B-A3B/tp1/moe.csv")
        == "Qwen3-30B-A3B/tp1/moe.csv: line 2, column activated_experts: 1 tokens cannot activate 9 of 128 experts")
    #expect(
      message(moe + "1,8,50\n", "Llama-3.1-8B/tp1/moe.csv")
        == "Llama-3.1-8B/tp1/moe.csv: line 2, column activated_experts: Llama-3.1-8B has no experts")
    #expect(
      message("layer,tokens,time_us\nqk_norm,1,0\n", "Qwen3-30B-A3B/tp1/dense.csv")
        == "Qwen3-30B-A3B/tp1/dense.csv: line 2, column time_us: 0 is no time that a kernel takes")
  }
}
