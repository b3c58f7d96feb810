import Base
import HardwareModels

/// The widths of DeepSeek-V2, V3 and R1, which all tables of latent attention are about.
private let deepseek = Transformer.Latent(queryRank: 1536, rank: 512, plainDim: 128, rotaryDim: 64, valueDim: 128)

extension KernelTable.Row {
  /// Which of the two a prefill kernel computes, no column says, but its speed does: at 32768 tokens and 128 heads SGLang's
  /// kernel reaches 0.19 of peak if it is plain and 0.63 if it is absorbed, TRT-LLM's 0.57 and 1.9.
  private func variant() throws -> LatentVariant {
    switch text("kernel") {
    case "flash_attention": .absorbed
    case "default": .plain
    case let other: throw error("kernel", "whether \"\(other)\" absorbs its projections is not known")
    }
  }

  /// Latent attention of `batch_size` prompts, each with `isl` new tokens behind `step` others.
  func latentPrefill() throws -> Measurement {
    let (batch, variant) = (try count("batch_size"), try variant())
    let one = PrefillWork(tokens: try count("isl"), past: try count("step", from: 0), window: nil)
    let work = LatentAttention(
      deepseek, variant, requests: batch, tokens: batch * one.tokens, pairs: batch * one.attendedPairs,
      cachedTokens: batch * one.cachedTokensRead, heads: try count("num_heads"))
    return try latent(
      work, .latentPrefill(work), .mlaPrefill, size: one.tokens, "\(variant.rawValue), \(work.heads) heads",
      "prompts of")
  }

  /// Latent attention of `batch_size` requests, each with one new token behind `step` others; absorbed.
  func latentDecode() throws -> Measurement {
    let (batch, context) = (try count("batch_size"), 1 + (try count("step", from: 0)))
    let work = LatentAttention(
      deepseek, .absorbed, requests: batch, tokens: batch, pairs: batch * context, cachedTokens: batch * context,
      heads: try count("num_heads"))
    return try latent(work, .latentDecode(work), .mlaDecode, size: context, "\(work.heads) heads", "requests at")
  }

  private func latent(
    _ work: LatentAttention, _ kind: OperatorDemand.Kind, _ family: KernelFamily, size: Int, _ series: String,
    _ unit: String
  ) throws -> Measurement {
    let batch = try count("batch_size")
    return Measurement(
      family: family, work: kind, format: .bf16, headDim: 128, seconds: try seconds(), model: "", size: Double(size),
      series: "\(series), \(batch) \(unit)", flops: work.flops, bytes: work.cachedBytes + work.queryBytes,
      label: "\(series), \(batch) \(unit) \(size)")
  }
}
