import Base
import HardwareModels

/// What a running transformer keeps between iterations, in slots of which each request holds one: keys and values of
/// every layer, and for each token what left the last layer that it has passed. A token passes the layers in order, so one
/// row a token is enough, however a prefill is tiled.
struct RunnerMemory {
  /// Tokens of a slot.
  let slotTokens: Int
  private(set) var slotCount: Int
  private(set) var caches: [(keys: KernelBuffer, values: KernelBuffer)]
  /// [slots x slotTokens, hidden].
  private(set) var states: KernelBuffer
  private let transformer: RealTransformer

  init(_ transformer: RealTransformer, slotTokens: Int, slotCount: Int) throws {
    self.transformer = transformer
    self.slotTokens = slotTokens
    self.slotCount = slotCount
    (caches, states) = try Self.allocate(transformer, tokens: slotTokens * slotCount)
  }

  /// The row of a token.
  func row(slot: Int, position: Int) -> Int32 { Int32(slot * slotTokens + position) }

  func cache(_ layer: Int) -> KernelCache {
    KernelCache(keys: caches[layer].keys.all, values: caches[layer].values.all)
  }

  /// Twice as many slots; what the old ones hold stays.
  mutating func grow() throws {
    let kernels = transformer.kernels
    let (largerCaches, largerStates) = try Self.allocate(transformer, tokens: 2 * slotTokens * slotCount)
    func move(_ old: KernelBuffer, to new: KernelBuffer) throws {
      try kernels.copy(count: old.count, source: old.all, target: new.all)
    }
    for (old, new) in zip(caches, largerCaches) {
      try move(old.keys, to: new.keys)
      try move(old.values, to: new.values)
    }
    try move(states, to: largerStates)
    try kernels.synchronize()
    (caches, states) = (largerCaches, largerStates)
    slotCount *= 2
  }

  /// Random keys and values, so that attention has something to see behind any past.
  func fillRandomly(seed: UInt64) throws {
    for (layer, cache) in caches.enumerated() {
      try cache.keys.fillRandomly(seed: seed &+ UInt64(2 * layer), scale: 1)
      try cache.values.fillRandomly(seed: seed &+ UInt64(2 * layer + 1), scale: 1)
    }
  }

  private static func allocate(
    _ real: RealTransformer, tokens: Int
  ) throws -> ([(keys: KernelBuffer, values: KernelBuffer)], KernelBuffer) {
    let attention = real.transformer.attention
    let count = tokens * attention.kvHeads * attention.headDim
    func cache() throws -> KernelBuffer { try KernelBuffer(real.kernels, real.cacheType, count: count) }
    let caches = try (0..<real.transformer.layerCount).map { _ in (keys: try cache(), values: try cache()) }
    let states = try KernelBuffer(real.kernels, real.activationType, count: tokens * real.transformer.hidden)
    return (caches, states)
  }
}

/// What stands between the kernels of a layer, for as many rows as an iteration had so far.
struct RunnerWorkspace {
  private(set) var rows: Int
  private(set) var hidden: KernelBuffer
  private(set) var normed: KernelBuffer
  private(set) var queries: KernelBuffer
  private(set) var keys: KernelBuffer
  private(set) var values: KernelBuffer
  private(set) var attended: KernelBuffer
  private(set) var added: KernelBuffer
  private(set) var routerLogits: KernelBuffer
  /// Int32 [layers, rows, experts of a token]: which experts each layer call went to.
  private(set) var expertIDs: KernelBuffer
  private(set) var expertWeights: KernelBuffer
  /// 0, 1, 2, ...
  private(set) var counting: KernelBuffer
  private(set) var logits: KernelBuffer
  private(set) var words: KernelBuffer
  /// Tokens that may come out at once.
  private(set) var emissions: Int

  init(_ real: RealTransformer, rows: Int, emissions: Int) throws {
    self.rows = rows
    self.emissions = emissions
    let transformer = real.transformer
    let attention = transformer.attention
    func buffer(_ width: Int) throws -> KernelBuffer {
      try KernelBuffer(real.kernels, real.activationType, count: rows * width)
    }
    hidden = try buffer(transformer.hidden)
    normed = try buffer(transformer.hidden)
    queries = try buffer(attention.heads * attention.headDim)
    keys = try buffer(attention.kvHeads * attention.headDim)
    values = try buffer(attention.kvHeads * attention.headDim)
    attended = try buffer(attention.heads * attention.headDim)
    added = try buffer(transformer.hidden)
    routerLogits = try KernelBuffer(real.kernels, .float32, count: rows * real.experts.count)
    let choices = rows * real.experts.topK
    expertIDs = try KernelBuffer(real.kernels, .int32, count: transformer.layerCount * choices)
    expertWeights = try KernelBuffer(real.kernels, .float32, count: choices)
    counting = try KernelBuffer(real.kernels, (0..<Int32(rows)).map { $0 })
    logits = try KernelBuffer(real.kernels, .float32, count: emissions * transformer.vocabulary)
    words = try KernelBuffer(real.kernels, .int32, count: emissions)
  }

  /// Room for so many rows and tokens; grows by doubling, and what was there is lost.
  mutating func reserve(rows: Int, emissions: Int, for real: RealTransformer) throws {
    guard rows > self.rows || emissions > self.emissions else { return }
    func enough(_ have: Int, _ need: Int) -> Int { need > have ? max(need, 2 * have) : have }
    self = try RunnerWorkspace(real, rows: enough(self.rows, rows), emissions: enough(self.emissions, emissions))
  }
}
