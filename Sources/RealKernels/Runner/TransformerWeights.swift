import Base
import HardwareModels

/// The random weights of a mixture-of-experts transformer on a device.
public struct TransformerWeights {
  /// The weights of one layer; matrices stand as [outputs, inputs].
  public struct Layer {
    /// Before attention, Float32 [hidden].
    public var attentionNorm: KernelBuffer
    /// [heads x head width, hidden].
    public var query: KernelBuffer
    /// [key-value heads x head width, hidden].
    public var key: KernelBuffer
    /// The same shape.
    public var value: KernelBuffer
    /// Of each query head, Float32 [head width]; nil where the model has no such norm.
    public var queryNorm: KernelBuffer?
    /// The same of keys.
    public var keyNorm: KernelBuffer?
    /// [hidden, heads x head width].
    public var output: KernelBuffer
    /// Before the experts, Float32 [hidden].
    public var expertNorm: KernelBuffer
    /// [experts, hidden].
    public var router: KernelBuffer
    /// [experts, 2 x intermediate, hidden], an expert's gate rows first.
    public var gateUp: KernelBuffer
    /// [experts, hidden, intermediate].
    public var down: KernelBuffer
  }

  /// [vocabulary, hidden].
  public let embedding: KernelBuffer
  /// The layers, from the first.
  public let layers: [Layer]
  /// After the last layer, Float32 [hidden].
  public let lastNorm: KernelBuffer
  /// [vocabulary, hidden].
  public let head: KernelBuffer
}

extension TransformerWeights {
  /// Random weights that keep values near one: a matrix maps numbers of size one to numbers of size one. Norms lie within
  /// a tenth of one, those of queries of three, so that attention does attend and does not just average.
  init(
    _ transformer: Transformer, _ experts: Transformer.Experts, on kernels: Kernels, _ type: ElementType, seed: UInt64
  )
    throws
  {
    var maker = WeightMaker(kernels: kernels, type: type, seed: seed)
    let hidden = transformer.hidden
    embedding = try maker.matrix(transformer.vocabulary, hidden, size: 1)
    layers = try (0..<transformer.layerCount).map { _ in try maker.layer(transformer, experts) }
    lastNorm = try maker.norm(hidden)
    head = transformer.tiesEmbedding ? embedding : try maker.matrix(transformer.vocabulary, hidden)
  }
}

/// Makes weights, each from a stream of its own.
private struct WeightMaker {
  let kernels: Kernels
  let type: ElementType
  let seed: UInt64
  var made: UInt64 = 0

  /// Uniform numbers; the root mean square of uniform numbers in -s ..< s is s / √3.
  mutating func matrix(_ outputs: Int, _ inputs: Int, copies: Int = 1, size: Float? = nil) throws -> KernelBuffer {
    made += 1
    let rootMeanSquare = size ?? 1 / Float(inputs).squareRoot()
    return try KernelBuffer(
      kernels, type, count: copies * outputs * inputs, seed: seed &* 1_000_003 &+ made,
      scale: rootMeanSquare * Float(3).squareRoot())
  }

  mutating func norm(_ width: Int, around middle: Float = 1) throws -> KernelBuffer {
    made += 1
    var random = SeededRandom(seed: seed &* 1_000_003 &+ made, stream: "norms")
    return try KernelBuffer(
      kernels, .float32, (0..<width).map { _ in middle * Float(0.9 + 0.2 * random.uniform()) })
  }

  mutating func layer(
    _ transformer: Transformer, _ experts: Transformer.Experts
  ) throws -> TransformerWeights.Layer {
    let attention = transformer.attention
    let hidden = transformer.hidden
    let (queries, keys) = (attention.heads * attention.headDim, attention.kvHeads * attention.headDim)
    let isNormed = attention.hasQueryKeyNorm
    return TransformerWeights.Layer(
      attentionNorm: try norm(hidden), query: try matrix(queries, hidden), key: try matrix(keys, hidden),
      value: try matrix(keys, hidden), queryNorm: isNormed ? try norm(attention.headDim, around: 3) : nil,
      keyNorm: isNormed ? try norm(attention.headDim) : nil, output: try matrix(hidden, queries),
      expertNorm: try norm(hidden), router: try matrix(experts.count, hidden),
      gateUp: try matrix(2 * experts.intermediate, hidden, copies: experts.count),
      down: try matrix(hidden, experts.intermediate, copies: experts.count))
  }
}
