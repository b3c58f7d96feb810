import Base

extension Model {
  /// Whether a degree of tensor parallelism cuts heads, MLP and experts into equal parts, and gives every GPU whole key
  /// and value heads, copied if need be.
  public func isDivisible(by gpus: Int) -> Bool {
    let attention = transformer.attention
    guard attention.heads % gpus == 0 else { return false }
    guard attention.kvHeads % gpus == 0 || gpus % attention.kvHeads == 0 else { return false }
    switch transformer.feedForward {
    case .dense(let intermediate, _): return intermediate % gpus == 0
    case .experts(let experts): return experts.intermediate % gpus == 0
    }
  }

  /// The degrees of tensor parallelism that cut this model evenly, up to 64.
  public var tensorParallelDegrees: [Int] { (1...64).filter { isDivisible(by: $0) } }
}

/// Whether a model can be priced on these GPUs under this engine.
func check(_ model: Model, _ gpu: GPU, _ engine: EngineProfile, tensorParallel: Int) throws {
  guard tensorParallel >= 1, model.isDivisible(by: tensorParallel) else {
    let degrees = model.tensorParallelDegrees.map(String.init).joined(separator: ", ")
    throw InputError(
      .config, "tensor parallelism over \(tensorParallel) GPUs does not divide \(model.name) evenly",
      hint: "these do: \(degrees)")
  }
  if tensorParallel > 1, !engine.allReduces.contains(where: { $0.gpus == tensorParallel }) {
    let known = engine.allReduces.map { "\($0.gpus)" }.joined(separator: ", ")
    throw InputError(
      .config, "the engine profile \(engine.name) has no all-reduce over \(tensorParallel) GPUs",
      hint: "it has: \(known.isEmpty ? "none" : known)")
  }
  for format in model.transformer.productFormats {
    try require(engine.matrixProducts.map(\.format), holds: format, "matrix product", engine)
    guard gpu.peak(for: format) != nil else {
      throw InputError(.config, "the GPU \(gpu.name) does not multiply \(format.rawValue), which \(model.name) needs")
    }
  }
  guard let experts = model.transformer.experts else { return }
  guard gpu.peak(for: experts.format) != nil else {
    throw InputError(
      .config, "the GPU \(gpu.name) does not multiply \(experts.format.rawValue), which \(model.name) needs")
  }
  let shard = experts.intermediate / tensorParallel
  guard engine.form(for: experts, hidden: model.transformer.hidden, shard: shard) == nil else { return }
  try require(engine.experts.filter { $0.shape == nil }.map(\.format), holds: experts.format, "expert kernel", engine)
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
    if case .dense(_, let format) = feedForward { return [.bf16, attention.format, format] }
    return [.bf16, attention.format]
  }
}
