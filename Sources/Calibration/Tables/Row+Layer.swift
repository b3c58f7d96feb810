import Base
import HardwareModels

/// Layers as vLLM calls them, and as ``Model/demand(of:tensorParallel:padding:)`` does.
private let layerNames = [
  "qkv_proj": "qkv projection", "o_proj": "output projection", "gate_up_proj": "gate and up projection",
  "down_proj": "down projection", "lm_head": "LM head", "act_fn": "activation", "layernorm": "attention norm",
  "final_layernorm": "last norm", "rotary_emb": "rotary embedding", "qk_norm": "rotary embedding",
  "embedding": "embedding",
]

extension KernelTable.Row {
  /// Whether a form is about the layer of this row.
  var hasLayer: Bool { self["layer"].map { layerNames[$0] != nil } ?? true }

  /// Matrix products or, with all that only moves bytes, elementwise kernels.
  func layerFamily() throws -> KernelFamily {
    guard hasLayer, let profiled = table.profiled, case .matrixProduct = try layerKind(of: profiled) else {
      return .elementwise
    }
    return .gemm
  }

  /// The tokens that pass, or the sequences whose next token comes out.
  private func tokens() throws -> Int { try count(table.schema == .emission ? "sequences" : "tokens") }

  /// What the layer of a row does. What the model counts as two elementwise kernels is measured one by one.
  private func layerKind(of profiled: ProfiledModel) throws -> OperatorDemand.Kind {
    let name = layerNames[text("layer")]
    guard let kind = try profiled.operators(tokens: tokens()).first(where: { $0.name == name })?.kind else {
      throw error("layer", "\(profiled.model.name) has no \(text("layer"))")
    }
    if case .elementwise(let bytes, let kernels) = kind {
      return .elementwise(bytes: bytes / Double(kernels), kernels: 1)
    }
    return kind
  }

  /// The row of a table of layers as a measurement.
  func layer(of profiled: ProfiledModel, _ family: KernelFamily) throws -> Measurement {
    switch table.schema {
    case .activation: try experts(of: profiled)
    case .mixture: try attention(of: profiled, family)
    default: try single(of: profiled, family)
    }
  }

  private func single(of profiled: ProfiledModel, _ family: KernelFamily) throws -> Measurement {
    let (kind, tokens) = (try layerKind(of: profiled), try tokens())
    var (flops, bytes, format) = (0.0, 0.0, NumberFormat.bf16)
    switch kind {
    case .matrixProduct(let product):
      let (columns, inner) = (Double(product.columns), Double(product.inner))
      format = product.format
      flops = 2 * Double(tokens) * columns * inner
      bytes = columns * inner * format.bytesPerWeight + 2 * Double(tokens) * (columns + inner)
    case .elementwise(let moved, _): bytes = moved
    default: preconditionFailure("a layer is a matrix product or elementwise")
    }
    let series = "\(profiled.name) tp \(profiled.tensorParallel), \(text("layer"))"
    return Measurement(
      family: family, work: kind, format: format, headDim: 128, seconds: try seconds(), model: profiled.name,
      size: Double(tokens), series: series, flops: flops, bytes: bytes, label: "\(series), \(tokens) tokens")
  }

  /// An MoE block: its router, and experts of which so many get as many tokens each.
  private func experts(of profiled: ProfiledModel) throws -> Measurement {
    let (tokens, activated) = (try count("tokens"), try count("activated_experts"))
    let operators = profiled.operators(tokens: tokens)
    let router = operators.first { $0.name == "router" }?.kind
    guard case .experts(var product)? = operators.first(where: { $0.name == "experts" })?.kind else {
      throw error("activated_experts", "\(profiled.model.name) has no experts")
    }
    let (each, more) = (tokens * product.topK).quotientAndRemainder(dividingBy: activated)
    guard each > 0, activated <= product.count else {
      throw error("activated_experts", "\(tokens) tokens cannot activate \(activated) of \(product.count) experts")
    }
    product.load = ExpertLoad(counts: (0..<activated).map { $0 < more ? each + 1 : each })
    let series = "\(profiled.name) tp \(profiled.tensorParallel), \(activated) experts"
    return Measurement(
      family: .moe, work: .experts(product), besides: router, format: product.format, headDim: 128,
      seconds: try seconds(), model: profiled.name, size: Double(tokens), series: series,
      flops: 6 * product.assignments * Double(product.hidden * product.intermediate),
      bytes: product.bytesPerExpert * product.load.distinct + 4 * Double(tokens * product.hidden),
      label: "\(series), \(tokens) tokens")
  }

  /// Attention of one prompt's new tokens behind others, of decodes that have a context each, or of both in one kernel.
  private func attention(of profiled: ProfiledModel, _ family: KernelFamily) throws -> Measurement {
    let (chunk, past) = (try count("prefill_chunk", from: 0), try count("kv_prefill", from: 0))
    let (decodes, context) = (try count("n_decode", from: 0), try count("kv_decode", from: 0))
    guard chunk + decodes > 0 else { throw error("n_decode", "neither a prompt nor a decode is in this batch") }
    var decode = DecodeWork()
    decode.requests = decodes
    decode.contextTokens = decodes * (context + 1)
    let prefill = chunk > 0 ? PrefillWork(tokens: chunk, past: past, window: nil) : PrefillWork()
    let shape = profiled.model.transformer.attention
    let heads = Double(shape.heads / profiled.tensorParallel * shape.headDim)
    let width = Double(shape.kvHeads / profiled.tensorParallel * shape.headDim)
    let series = "\(profiled.name) tp \(profiled.tensorParallel), \(decodes) decodes"
    return Measurement(
      family: family, work: profiled.attention(prefill: prefill, decode: decode), format: .bf16,
      headDim: shape.headDim, seconds: try seconds(), model: profiled.name,
      size: Double(chunk > 0 ? chunk : context), series: series,
      flops: 4 * Double(prefill.attendedPairs + decode.contextTokens) * heads,
      bytes: 4 * (Double(prefill.cachedTokensRead + decode.contextTokens) * width + Double(chunk + decodes) * heads),
      label: "\(series) at \(context), a prompt's \(chunk) tokens behind \(past)")
  }
}
