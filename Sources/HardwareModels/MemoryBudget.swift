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

  /// The budget; a model that leaves no room for a single KV block is an ``InputError``.
  public init(model: Model, gpu: GPU, engine: EngineProfile, tensorParallel: Int, settings: Settings) throws {
    try check(model, gpu, engine, tensorParallel: tensorParallel)
    let needs = Needs(model: model, engine: engine, tensorParallel: tensorParallel, settings: settings)
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
      throw doesNotFit(model, gpu, engine, tensorParallel, settings, missing: block - room)
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

  init(model: Model, engine: EngineProfile, tensorParallel: Int, settings: MemoryBudget.Settings) {
    let transformer = model.transformer
    let shard = ShardedModel(model: model, gpus: tensorParallel)
    weights = transformer.weightBytes / Double(tensorParallel)
    activations = shard.peakActivations(settings)
    reserved = engine.reservedMemory
    let perLayer = Bytes(shard.attention.kvBytesPerToken / Double(tensorParallel))
    guard !engine.keepsFullKVInWindowedLayers, let window = transformer.window else {
      windowCache = .zero
      kvBytesPerToken = perLayer * Double(transformer.layerCount)
      return
    }
    windowCache = perLayer * Double(window * settings.maxNumSeqs * transformer.windowedLayerCount)
    kvBytesPerToken = perLayer * Double(transformer.layerCount - transformer.windowedLayerCount)
  }
}

extension ShardedModel {
  /// The most BF16 values that live at once: hidden state, residual and the widest intermediate of a layer for every
  /// token (for experts their two products and the weighted rows, k times; keys and values of new tokens decompressed),
  /// and FP32 beside BF16 logits.
  fileprivate func peakActivations(_ settings: MemoryBudget.Settings) -> Bytes {
    let hidden = Double(transformer.hidden)
    let heads = (attention.heads + attention.kvHeads) * attention.headDim
    let projected = Double(heads + attention.kvHeads * transformer.attention.valueDim) + hidden
    let dense = transformer.dense.map { Double(($0.inputs + 1) * $0.intermediate / gpus) } ?? 0
    let sparse = transformer.experts.map {
      Double($0.topK) * (3 * Double($0.intermediate / gpus) + hidden) + 3 * Double($0.sharedIntermediate / gpus)
    }
    let perToken = 2 * (2 * hidden + max(projected, max(dense, sparse ?? 0)))
    let logits = 6 * Double(transformer.vocabulary / gpus) * Double(settings.maxNumSeqs)
    return Bytes(perToken * Double(settings.maxNumBatchedTokens) + logits)
  }
}

private func doesNotFit(
  _ model: Model, _ gpu: GPU, _ engine: EngineProfile, _ tensorParallel: Int, _ settings: MemoryBudget.Settings,
  missing: Bytes
) -> InputError {
  let enough = model.tensorParallelDegrees.first { degree in
    guard degree > tensorParallel, engine.allReduces.contains(where: { $0.gpus == degree }) else { return false }
    let needs = Needs(model: model, engine: engine, tensorParallel: degree, settings: settings)
    let block = needs.kvBytesPerToken * Double(settings.blockSize)
    return gpu.memory * settings.utilisation >= needs.total + block
  }
  let bytes = missing.value.rounded(.up)
  let gpus = tensorParallel == 1 ? "1 GPU" : "\(tensorParallel) GPUs"
  let hint = enough.map { "tensor parallelism over \($0) GPUs would do" }
  return InputError(
    .config,
    "\(model.name) does not fit on \(gpus) \(gpu.name): \(Int(exactly: bytes).map(String.init) ?? "\(bytes)") bytes are missing on each",
    hint: hint ?? "no degree of tensor parallelism that \(engine.name) knows would do")
}
