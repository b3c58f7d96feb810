import Base

extension Model {
  /// Whether a degree of tensor parallelism cuts heads, MLP and experts into equal parts, and gives every GPU whole key
  /// and value heads, copied if need be.
  public func isDivisible(by gpus: Int) -> Bool { Parallelism(tensor: gpus).dividesEvenly(self) }

  /// The degrees of tensor parallelism that cut this model evenly, up to 64.
  public var tensorParallelDegrees: [Int] { (1...64).filter { isDivisible(by: $0) } }
}

/// Whether a model can be priced on these GPUs under this engine.
func check(
  _ model: Model, _ gpu: GPU, _ engine: EngineProfile, _ parallelism: Parallelism, _ interconnect: Interconnect
) throws {
  try parallelism.check(model)
  try parallelism.checkLinks(gpu, engine, interconnect)
  for format in model.transformer.productFormats {
    try require(engine.matrixProducts.map(\.format), holds: format, "matrix product", engine)
    try require(gpu, multiplies: format, of: model)
  }
  if let latent = model.transformer.attention.latent { try check(latent, of: model, engine) }
  guard let experts = model.transformer.experts else { return }
  try require(gpu, multiplies: experts.format, of: model)
  let shard = experts.intermediate / parallelism.gpusOfExpert
  guard let form = engine.form(for: experts, hidden: model.transformer.hidden, shard: shard) else {
    return try require(
      engine.experts.filter { $0.shape == nil }.map(\.format), holds: experts.format, "expert kernel", engine)
  }
  let held = parallelism.expertsHeld(of: experts.count)
  guard form.tileRows != nil || engine.tiling(experts.format, experts: held, shard: shard) != nil else {
    throw InputError(
      .config, "the engine profile \(engine.name) does not say how experts in \(experts.format.rawValue) are cut",
      hint: "give its experts tileRows, or expertTilings an item for any shape")
  }
}

/// Whether an engine has the kernels of latent attention that a deployment asks for.
private func check(_ latent: Transformer.Latent, of model: Model, _ engine: EngineProfile) throws {
  func refusal(_ phase: String, _ variant: LatentVariant, known: [LatentVariant]) -> InputError {
    let names = known.map(\.rawValue).joined(separator: ", ")
    return InputError(
      .config,
      "the engine profile \(engine.name) has no \(variant.rawValue) latent \(phase) attention, which \(model.name) needs",
      hint: "it has: \(names.isEmpty ? "none" : names)")
  }
  if engine.form(for: latent.prefill) == nil {
    throw refusal("prefill", latent.prefill, known: engine.mlaPrefillAttention.map(\.variant))
  }
  if latent.decode == .absorbed, engine.mlaDecodeAttention == nil {
    throw refusal("decode", latent.decode, known: [])
  }
}

/// Refuses a GPU that lacks the arithmetic for weights of a format.
private func require(_ gpu: GPU, multiplies format: NumberFormat, of model: Model) throws {
  let arithmetic = model.transformer.arithmetic(of: format)
  guard gpu.peak(for: arithmetic) == nil else { return }
  throw InputError(
    .config, "the GPU \(gpu.name) does not multiply \(arithmetic.rawValue), which \(model.name) needs")
}

private func require(
  _ known: [NumberFormat], holds format: NumberFormat, _ kind: String, _ engine: EngineProfile
) throws {
  guard !known.contains(format) else { return }
  let names = known.map(\.rawValue).joined(separator: ", ")
  throw InputError(
    .config, "the engine profile \(engine.name) has no \(kind) for \(format.rawValue)",
    hint: "it has: \(names.isEmpty ? "none" : names)")
}

extension Transformer {
  /// Every format in which dense matrices are stored; router and LM head are BF16.
  fileprivate var productFormats: [NumberFormat] {
    let shared = experts.flatMap { $0.sharedIntermediate > 0 ? $0.format : nil }
    return [.bf16, attention.format] + [dense?.format, shared].compactMap(\.self)
  }
}
