import Base

/// How the memory of each GPU of a replica is spent: weights, activations, what the engine reserves, and KV blocks with
/// the rest.
public struct MemoryBudget: Hashable, Sendable {
  /// What the user decides about memory.
  public struct Settings: Hashable, Sendable {
    /// The share of the GPU's memory that may be used.
    public var utilisation: Double
    /// Tokens of a KV block.
    public var blockSize: Int
    /// The most tokens that pass a layer at once.
    public var maxNumBatchedTokens: Int
    /// The most requests that run at once.
    public var maxNumSeqs: Int

    /// These settings.
    public init(utilisation: Double, blockSize: Int, maxNumBatchedTokens: Int, maxNumSeqs: Int) {
      self.utilisation = utilisation
      self.blockSize = blockSize
      self.maxNumBatchedTokens = maxNumBatchedTokens
      self.maxNumSeqs = maxNumSeqs
    }
  }

  /// What may be used.
  public let usable: Bytes
  /// Weights on each GPU.
  public let weights: Bytes
  /// The most that intermediate results take.
  public let activations: Bytes
  /// CUDA context, graphs and communication buffers.
  public let reserved: Bytes
  /// Keys and values of windowed layers that keep the window only, for all requests; zero otherwise.
  public let windowCache: Bytes
  /// Keys and values of one token in the layers that keep them all, on each GPU.
  public let kvBytesPerToken: Bytes
  /// Tokens of a block.
  public let blockSize: Int
  /// KV blocks.
  public let blocks: Int

  /// Tokens whose keys and values fit; as many as an Int holds where they need no blocks.
  public var tokens: Int { kvBytesPerToken > .zero ? blocks * blockSize : .max }

  /// The budget of a replica that only tensor parallelism cuts, on GPUs of one domain.
  public init(model: Model, gpu: GPU, engine: EngineProfile, tensorParallel: Int, settings: Settings) throws {
    try self.init(
      model: model, gpu: gpu, engine: engine, parallelism: Parallelism(tensor: tensorParallel),
      interconnect: .oneDomain, settings: settings)
  }

  /// The budget of the GPUs of the stage that has room for the fewest blocks: blocks are those of an attention rank, and a
  /// block is on all its stages. A model that leaves no room for a single KV block is an ``InputError``.
  public init(
    model: Model, gpu: GPU, engine: EngineProfile, parallelism: Parallelism, interconnect: Interconnect,
    settings: Settings
  ) throws {
    try check(model, gpu, engine, parallelism, interconnect)
    let needs = Needs.fullest(of: model, gpu, engine, parallelism, settings)
    usable = gpu.memory * settings.utilisation
    weights = needs.weights
    activations = needs.activations
    reserved = engine.reservedMemory
    windowCache = needs.windowCache
    kvBytesPerToken = needs.kvBytesPerToken
    blockSize = settings.blockSize
    let room = usable - needs.total
    let block = needs.kvBytesPerToken * Double(settings.blockSize)
    guard room >= block else {
      throw doesNotFit(model, gpu, engine, parallelism, settings, missing: block - room)
    }
    blocks = block > .zero ? Int((room / block).rounded(.down)) : .max
  }
}

/// What each GPU must hold beside KV blocks.
private struct Needs {
  var weights: Bytes
  var activations: Bytes
  var reserved: Bytes
  var windowCache: Bytes
  var kvBytesPerToken: Bytes

  var total: Bytes { weights + activations + reserved + windowCache }

  /// Of the stage that has room for the fewest blocks.
  static func fullest(
    of model: Model, _ gpu: GPU, _ engine: EngineProfile, _ cut: Parallelism, _ settings: MemoryBudget.Settings
  ) -> Needs {
    let shard = ShardedModel(model: model, cut: cut)
    let stages = cut.stages(of: model.transformer.layerCount).map { layers in
      Needs(shard, layers: layers, engine: engine, settings: settings)
    }
    func blocks(_ needs: Needs) -> Double {
      (gpu.memory * settings.utilisation - needs.total) / needs.kvBytesPerToken
    }
    guard let fullest = stages.min(by: { blocks($0) < blocks($1) }) else { preconditionFailure("a cut has stages") }
    return fullest
  }

  private init(
    _ shard: ShardedModel, layers: Range<Int>, engine: EngineProfile, settings: MemoryBudget.Settings
  ) {
    let transformer = shard.transformer
    weights = transformer.weightBytes(of: layers, cut: shard.cut)
    activations = shard.peakActivations(settings)
    reserved = engine.reservedMemory
    let perLayer = Bytes(shard.attention.kvBytesPerToken / Double(shard.gpus))
    guard !engine.keepsFullKVInWindowedLayers, let window = transformer.window else {
      windowCache = .zero
      kvBytesPerToken = perLayer * Double(layers.count)
      return
    }
    let windowed = transformer.windowedLayers[layers].count { $0 }
    windowCache = perLayer * Double(window * settings.maxNumSeqs * windowed)
    kvBytesPerToken = perLayer * Double(layers.count - windowed)
  }
}

extension ShardedModel {
  /// The most BF16 values that live at once: hidden state, residual and the widest intermediate of a layer for every
  /// token (for experts their two products and the weighted rows, k times; keys and values of new tokens decompressed),
  /// and FP32 beside BF16 logits. Where experts are spread, a GPU gets as many rows as the others.
  fileprivate func peakActivations(_ settings: MemoryBudget.Settings) -> Bytes {
    let hidden = Double(transformer.hidden)
    let heads = (attention.heads + attention.kvHeads) * attention.headDim
    let projected = Double(heads + attention.kvHeads * transformer.attention.valueDim) + hidden
    let dense = transformer.dense.map { Double(($0.inputs + 1) * $0.intermediate / gpus) } ?? 0
    let sparse = transformer.experts.map {
      let rows = Double($0.topK) / Double(spread == nil ? 1 : gpus)
      return rows * (3 * Double($0.intermediate / cut.gpusOfExpert) + hidden)
        + 3 * Double($0.sharedIntermediate / gpus)
    }
    let perToken = 2 * (2 * hidden + max(projected, max(dense, sparse ?? 0)))
    let logits = 6 * Double(transformer.vocabulary / gpus) * Double(settings.maxNumSeqs)
    return Bytes(perToken * Double(settings.maxNumBatchedTokens) + logits)
  }
}

private func doesNotFit(
  _ model: Model, _ gpu: GPU, _ engine: EngineProfile, _ cut: Parallelism, _ settings: MemoryBudget.Settings,
  missing: Bytes
) -> InputError {
  let isPlain = cut.expert == 1 && cut.gpuCount == cut.tensor
  let enough = model.tensorParallelDegrees.first { degree in
    guard isPlain, degree > cut.tensor, engine.allReduces.contains(where: { $0.gpus == degree }) else { return false }
    let needs = Needs.fullest(of: model, gpu, engine, Parallelism(tensor: degree), settings)
    let block = needs.kvBytesPerToken * Double(settings.blockSize)
    return gpu.memory * settings.utilisation >= needs.total + block
  }
  let bytes = missing.value.rounded(.up)
  let gpus = cut.gpuCount == 1 ? "1 GPU" : "\(cut.gpuCount) GPUs"
  let none = isPlain ? "no degree of tensor parallelism that \(engine.name) knows would do" : "more GPUs hold more"
  let hint = enough.map { "tensor parallelism over \($0) GPUs would do" }
  return InputError(
    .config,
    "\(model.name) does not fit on \(gpus) \(gpu.name): \(Int(exactly: bytes).map(String.init) ?? "\(bytes)") bytes are missing on each",
    hint: hint ?? none)
}
