import Base
import TestSupport
import Testing

@testable import HardwareModels

/// Each profile against the measured kernels it was fitted to; the limits are those of the tables' notes. MoE layers are
/// in the tests of `Calibration`, which knows how their tokens were spread.
@Suite(.enabled(if: hasMeasuredTables, "the folder shared/calibration is not beside this package"))
struct CalibrationTests {
  private static let pairs = [
    ("H100-SXM", "h100-sxm-80gb", "vllm-0.24-h100"), ("H200-SXM", "h200-sxm-141gb", "vllm-0.24-h200"),
  ]

  private func prices(_ pair: (String, String, String), headDim: Int = 128) throws -> OperatorPrices {
    OperatorPrices(try engine(pair.2), try gpu(pair.1), headDim: headDim)
  }

  @Test(arguments: [(0, 6.0, 14.0), (1, 6.0, 14.0)])
  func matrixProductsTakeWhatWasMeasured(_ pair: Int, _ median: Double, _ p90: Double) throws {
    let prices = try prices(Self.pairs[pair])
    let rows = try measured("gemm", where: [("gpu", Self.pairs[pair].0), ("dtype", "bfloat16")])
      .filter { $0.count("n") >= 1024 && $0.count("k") >= 1024 }
    let errors = Errors(
      rows.map {
        let product = MatrixProduct(rows: $0.count("m"), columns: $0.count("n"), inner: $0.count("k"), format: .bf16)
        return (prices.time(of: .matrixProduct(product)).seconds * 1e6, $0.number("latency_us"))
      })
    #expect(errors.sorted.count > 700 && errors.median <= median && errors.p90 <= p90, "\(errors)")
  }

  /// Only what cannot have stayed in the 50 MB L2 cache between two replays of the same batch.
  @Test(arguments: [(0, 2.5, 11.0), (1, 3.0, 11.0)])
  func decodeAttentionTakesWhatWasMeasured(_ pair: Int, _ median: Double, _ p90: Double) throws {
    let rows = try measured(
      "attention_decode",
      where: [("gpu", Self.pairs[pair].0), ("kv_cache_dtype", "bfloat16"), ("window_size", "0.0")])
    let prices = try prices(Self.pairs[pair])
    let errors = Errors(
      rows.compactMap { row in
        let context = row.count("isl") + row.count("step")
        let work = DecodeAttention(
          requests: row.count("batch_size"), contextTokens: row.count("batch_size") * context,
          kvHeads: row.count("num_key_value_heads"), headDim: row.count("head_dim"))
        let isCold = 4 * work.contextTokens * work.kvHeads * work.headDim > 100_000_000 && context >= 256
        return isCold ? (prices.attention.seconds(work) * 1e6, row.number("latency_us")) : nil
      })
    #expect(errors.sorted.count > 300 && errors.median <= median && errors.p90 <= p90, "\(errors)")
  }

  @Test(arguments: [0, 1]) func prefillAttentionTakesWhatWasMeasured(_ pair: Int) throws {
    let rows = try measured(
      "attention_prefill",
      where: [("gpu", Self.pairs[pair].0), ("kv_cache_dtype", "bfloat16"), ("window_size", "0.0")]
    ).filter { $0.count("isl") > 1 }
    let prices = [64: try prices(Self.pairs[pair], headDim: 64), 128: try prices(Self.pairs[pair])]
    let errors = Errors(
      try rows.map { row in
        let one = PrefillWork(tokens: row.count("isl"), past: 0, window: nil)
        let batch = row.count("batch_size")
        let work = PrefillAttention(
          tokens: batch * one.tokens, pairs: batch * one.attendedPairs, cachedTokens: batch * one.tokens,
          heads: row.count("num_heads"), kvHeads: row.count("num_key_value_heads"), headDim: row.count("head_dim"))
        return (try #require(prices[work.headDim]).attention.seconds(work) * 1e6, row.number("latency_us"))
      })
    #expect(errors.sorted.count > 900 && errors.median <= 8 && errors.p90 <= 25, "\(errors)")
  }

  @Test(arguments: [0, 1], [2, 4, 8]) func allReducesTakeWhatWasMeasured(_ pair: Int, _ gpus: Int) throws {
    let prices = try prices(Self.pairs[pair])
    let rows = try measured(
      "collectives",
      where: [
        ("gpu", Self.pairs[pair].0), ("impl", "vLLM_custom_graph"), ("engine_version", "0.24.0"),
        ("num_gpus", "\(gpus)"),
      ]
    ).filter { $0.number("bytes") < 7e7 }
    let errors = Errors(
      rows.map {
        (prices.time(of: .allReduce(bytes: $0.number("bytes"), gpus: gpus)).seconds * 1e6, $0.number("latency_us"))
      })
    #expect(errors.sorted.count >= 19 && errors.median <= 5 && errors.p90 <= 14, "\(errors)")
  }

  /// DeepEP's mode for many tokens, where the other one takes no more.
  @Test(arguments: [0, 1], AllToAll.Phase.allCases)
  func allToAllsTakeWhatWasMeasured(_ pair: Int, _ phase: AllToAll.Phase) throws {
    let prices = try prices(Self.pairs[pair])
    let rows = try measured(
      "all_to_all",
      where: [("gpu", Self.pairs[pair].0), ("comm_backend", "deepep_ht"), ("phase", phase.rawValue)]
    ).filter { $0.count("num_tokens") > 256 }
    let errors = Errors(
      rows.map { row in
        let (topK, gpus, tokens) = (row.count("topk"), row.count("ep_size"), row.count("num_tokens"))
        let experts = Transformer.Experts(count: row.count("num_experts"), topK: topK, intermediate: 1)
        let copies = ExpertSpread(ExpertRouting(uniform: experts), topK: topK, over: gpus).copiesPerToken
        let bytes = 2 * Double(tokens * row.count("hidden_size")) * copies
        let exchange = AllToAll(phase: phase, tokens: tokens, bytes: bytes, gpus: gpus)
        return (prices.time(of: exchange).seconds * 1e6, row.number("latency"))
      })
    #expect(errors.sorted.count == 48 && errors.median <= 13 && errors.p90 <= 30, "\(errors)")
  }

  /// Experts spread whole over eight GPUs as one of them serves its eighth, every expert with as many tokens. Nothing was
  /// fitted to these rows.
  @Test(arguments: [("fp8_block", NumberFormat.fp8, 15.0), ("bfloat16", .bf16, 30.0)])
  func spreadExpertsTakeAboutWhatWasMeasured(_ type: String, _ format: NumberFormat, _ median: Double) throws {
    let prices = try prices(Self.pairs[1])
    let rows = try measured(
      "moe",
      where: [
        ("gpu", "H200-SXM"), ("engine", "VLLM"), ("engine_version", "0.24.0"), ("dtype", type),
        ("model", "qwen3-30b-a3b"), ("tp", "1"), ("ep", "8"), ("distribution", "balanced"),
      ])
    let errors = Errors(
      rows.map { row in
        let (count, pairs) = (row.count("experts"), row.count("tokens") * row.count("topk"))
        let counts = (0..<count).map { (pairs + $0) / count }
        var product = ExpertProduct(
          rows: row.count("tokens"), hidden: row.count("hidden"), intermediate: row.count("inter"),
          wholeIntermediate: row.count("inter"), count: count, topK: row.count("topk"),
          load: ExpertLoad(counts: counts), format: format)
        product.load.distinct /= 8
        product.load.excessTiles /= 8
        product.assignments /= 8
        return (prices.time(of: .experts(product)).seconds * 1e6, row.number("latency_us"))
      })
    #expect(errors.sorted.count == 27 && errors.median <= median, "\(errors)")
  }
}
