import Base
import HardwareModels

/// A mixture-of-experts transformer that really runs: the sizes of a ``Model``, random weights, and the kernels of one
/// device. What it computes follows Qwen3's layers: norm, projections, norms of heads, rotary positions, attention over
/// cached keys and values, norm, router, experts.
public struct RealTransformer {
  /// What is run.
  public let model: Model
  /// What runs it.
  public let kernels: Kernels
  /// Its weights.
  public let weights: TransformerWeights
  /// What keys and values are in the cache.
  public let cacheType: ElementType

  /// The base of the rotary positions' wavelengths, Qwen3's.
  public static let ropeTheta: Float = 1e6
  /// What keeps norms from dividing by zero, Qwen3's.
  public static let epsilon: Float = 1e-6

  let experts: Transformer.Experts

  /// The transformer of a model with the weights of a seed; a model with parts for which there are no kernels is an
  /// ``InputError``.
  /// - Parameter cacheType: nil for bfloat16 where the kernels take it.
  public init(_ model: Model, on kernels: Kernels, seed: UInt64, cacheType: ElementType? = nil) throws {
    guard let experts = model.transformer.experts else {
      throw Self.refusal(model, "has no experts")
    }
    guard model.transformer.sparseLayerCount == model.transformer.layerCount, experts.sharedIntermediate == 0 else {
      throw Self.refusal(model, "has dense layers or shared experts")
    }
    let attention = model.transformer.attention
    guard attention.latent == nil else { throw Self.refusal(model, "has latent attention") }
    guard attention.cacheFormat == .bf16 else { throw Self.refusal(model, "keeps keys and values in fp8") }
    let isPlain = !attention.hasInputBias && !attention.hasOutputBias && !attention.hasSinks && !experts.hasBias
    guard isPlain else { throw Self.refusal(model, "has biases or attention sinks") }
    guard attention.format == .bf16, experts.format == .bf16 else {
      throw Self.refusal(model, "has weights that are not bf16")
    }
    self.model = model
    self.kernels = kernels
    self.experts = experts
    self.cacheType =
      cacheType ?? (kernels.capabilities.cacheTypes.contains(.bfloat16) ? .bfloat16 : .float32)
    weights = try TransformerWeights(model.transformer, experts, on: kernels, .bfloat16, seed: seed)
  }

  private static func refusal(_ model: Model, _ problem: String) -> InputError {
    InputError(
      .config, "\(model.name) \(problem), for which there are no kernels here",
      hint: "a model of Qwen3MoeForCausalLM or MixtralForCausalLM runs, such as tiny-moe-12l")
  }

  var transformer: Transformer { model.transformer }
  var activationType: ElementType { kernels.capabilities.activationType }

  /// A layer's attention over slots of so many tokens.
  func attention(_ layer: Int, slotTokens: Int) -> AttentionShape {
    let attention = transformer.attention
    return AttentionShape(
      queryHeads: attention.heads, kvHeads: attention.kvHeads, headWidth: attention.headDim,
      window: transformer.windowedLayers[layer] ? transformer.window : nil, slotTokens: slotTokens)
  }

  /// Bytes of one expert, as they stand on the device.
  public var expertBytes: Bytes {
    Bytes(3 * transformer.hidden * experts.intermediate * ElementType.bfloat16.byteCount)
  }
}
