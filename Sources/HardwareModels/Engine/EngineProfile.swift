import Base

/// What serving software makes of a GPU: its kernels' efficiencies, its time on the host, its CUDA graphs, its memory.
public struct EngineProfile: Hashable, Sendable {
  /// Batch sizes that were captured as CUDA graphs, ascending; a batch is padded up to the next, a larger one runs
  /// eagerly. None if everything does.
  public struct GraphSizes: Hashable, Sendable {
    /// Layers where requests only decode.
    public var decode: [Int]
    /// Layers that prefill, too, by tokens.
    public var mixed: [Int]
  }

  /// What it is called.
  public var name: String
  /// The GPUs whose kernels it describes; on others its efficiencies are carried over.
  public var measuredOn: [String]
  /// Time of the host that no kernel hides, each iteration.
  public var hostTimePerIteration: Seconds
  /// The same for each request that takes part.
  public var hostTimePerRequest: Seconds
  /// Time on the GPU to draw a token at random from the likeliest, for each request; greedy choice is elementwise.
  public var randomSamplingTimePerRequest: Seconds
  /// What is captured.
  public var graphSizes: GraphSizes
  /// Time to launch the kernels of one layer that runs eagerly; hidden where the kernels take longer.
  public var launchTimePerEagerLayer: Seconds
  /// Whether windowed layers keep keys and values of all tokens, not only of the window.
  public var keepsFullKVInWindowedLayers: Bool
  /// Memory of a GPU that is neither weights, KV cache nor activations: CUDA context, graphs, communication buffers.
  public var reservedMemory: Bytes
  /// Dense matrix products, forms of each format; the last one counts that is for as few rows as there are.
  public var matrixProducts: [MatrixProductForm]
  /// Routed experts; the form for the shard of the shape at hand, otherwise for the shape, otherwise for any.
  public var experts: [ExpertProductForm]
  /// How experts are cut into tiles, where that goes by the tokens of a layer call.
  public var expertTilings: [ExpertTiling]
  /// Formats of experts whose kernels the software picks by trying them: at each power of two of tokens, routed at random,
  /// for all calls of fewer tokens than the next.
  public var autotunedExperts: [NumberFormat]
  /// Whether the kernels of spread experts pass over the pairs of other GPUs, too, where the tokens are at hand.
  public var expertsPassOverForeignPairs: Bool
  /// Decode attention.
  public var decodeAttention: DecodeAttentionForm
  /// Prefill attention.
  public var prefillAttention: PrefillAttentionForm
  /// Absorbed latent attention of decodes; nil if the profile has none.
  public var mlaDecodeAttention: LatentDecodeForm?
  /// Latent attention of prompts, one form for each variant that the profile has.
  public var mlaPrefillAttention: [LatentPrefillForm]
  /// Sums over GPUs, one form for each number of them.
  public var allReduces: [AllReduceForm]
  /// Ways of sending tokens to the experts of other GPUs and back.
  public var allToAlls: [AllToAllForm]
  /// Norms, rotary embedding, copies.
  public var elementwise: ElementwiseForm
}

extension EngineProfile {
  /// The form for products of this format and so many rows; nil if the profile has none.
  func form(for format: NumberFormat, rows: Int) -> MatrixProductForm? {
    matrixProducts.last { $0.format == format && $0.fromRows ?? 0 <= rows }
  }

  /// The form for experts of this shape and format, of which a GPU holds `shard` columns; nil if the profile has none.
  public func form(for experts: Transformer.Experts, hidden: Int, shard: Int) -> ExpertProductForm? {
    let shape = ExpertProductForm.Shape(
      hidden: hidden, intermediate: experts.intermediate, count: experts.count, topK: experts.topK, shard: shard)
    return index(of: experts.format, shape).map { self.experts[$0] }
  }

  /// Where the most particular form stands. Forms are compared in place: they are long, and this is asked often.
  private func index(of format: NumberFormat, _ shape: ExpertProductForm.Shape) -> Int? {
    var whole = shape
    whole.shard = nil
    var found: (index: Int, fit: Int)?
    for index in experts.indices where experts[index].format == format {
      let known = experts[index].shape
      let fit = known == nil ? 1 : known == whole ? 2 : known == shape ? 3 : 0
      if fit > found?.fit ?? 0 { found = (index, fit) }
    }
    return found?.index
  }
}

extension EngineProfile {
  /// The form for latent attention of prompts; nil if the profile has none.
  func form(for variant: LatentVariant) -> LatentPrefillForm? { mlaPrefillAttention.first { $0.variant == variant } }

  /// Rows that a CUDA graph adds to a layer of so many tokens; nil if the layer runs eagerly.
  func padding(_ tokens: Int, hasPrompts: Bool) -> Int? {
    let sizes = hasPrompts ? graphSizes.mixed : graphSizes.decode
    return sizes.first { $0 >= tokens }.map { $0 - tokens }
  }
}
