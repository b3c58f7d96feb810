/// A decoder-only transformer by its sizes: what there is to count, and nothing about any GPU.
public struct Transformer: Hashable, Sendable {
  /// The attention of every layer: grouped-query, or latent.
  public struct Attention: Hashable, Sendable {
    /// Query heads.
    public var heads: Int
    /// Key and value heads; as many as query heads once latent ones are decompressed.
    public var kvHeads: Int
    /// Width of a head's query.
    public var headDim: Int
    /// What latent attention compresses to; nil where keys and values are kept whole.
    public var latent: Latent?
    /// How keys and values are kept; a deployment decides.
    public var cacheFormat = CacheFormat.bf16
    /// Whether the Q, K and V projections add a bias.
    public var hasInputBias = false
    /// Whether the output projection adds a bias.
    public var hasOutputBias = false
    /// Whether queries and keys are normalised per head.
    public var hasQueryKeyNorm = false
    /// Whether each head has an attention sink.
    public var hasSinks = false
    /// Whether queries and keys are rotated by their positions.
    public var isRotary = true
    /// How the projections are stored.
    public var format = NumberFormat.bf16

    /// Attention of this shape.
    public init(heads: Int, kvHeads: Int, headDim: Int) {
      self.heads = heads
      self.kvHeads = kvHeads
      self.headDim = headDim
    }

    /// Latent attention of so many heads.
    public init(heads: Int, latent: Latent) {
      self.init(heads: heads, kvHeads: heads, headDim: latent.keyDim)
      self.latent = latent
    }

    /// Width of what a head gives to the output projection.
    public var valueDim: Int { latent?.valueDim ?? headDim }
  }

  /// The MLP of dense layers.
  public struct Dense: Hashable, Sendable {
    /// Width inside it.
    public var intermediate: Int
    /// Whether a gate stands beside the up-projection.
    public var isGated = true
    /// Whether its projections add biases.
    public var hasBias = false
    /// How it is stored.
    public var format: NumberFormat

    /// An MLP of this inner width.
    public init(intermediate: Int, format: NumberFormat = .bf16) {
      self.intermediate = intermediate
      self.format = format
    }

    /// Projections from the residual stream: gate and up, or up alone.
    var inputs: Int { isGated ? 2 : 1 }
  }

  /// The experts of sparse layers.
  public struct Experts: Hashable, Sendable {
    /// Experts in a layer.
    public var count: Int
    /// Experts that a token is sent to.
    public var topK: Int
    /// Width inside an expert.
    public var intermediate: Int
    /// Width inside the shared experts together, which every token passes; 0 without.
    public var sharedIntermediate = 0
    /// Whether router and experts add biases.
    public var hasBias = false
    /// How the experts are stored; the router stays BF16.
    public var format = NumberFormat.bf16

    /// Experts of this shape.
    public init(count: Int, topK: Int, intermediate: Int) {
      self.count = count
      self.topK = topK
      self.intermediate = intermediate
    }
  }

  /// Width of the residual stream.
  public var hidden: Int
  /// Words of the vocabulary.
  public var vocabulary: Int
  /// Whether embedding and LM head are one matrix.
  public var tiesEmbedding: Bool
  /// Attention.
  public var attention: Attention
  /// The MLP of dense layers; nil if every layer has experts.
  public var dense: Dense?
  /// In what quantized weights and activations are multiplied; nil for what is usual for the weights' format.
  public var activationFormat: NumberFormat?
  /// The experts of sparse layers; nil for a dense model.
  public var experts: Experts?
  /// For each layer, whether it has experts in the place of the MLP.
  public var sparseLayers: [Bool]
  /// For each layer, whether its attention sees only the window.
  public var windowedLayers: [Bool]
  /// Tokens that windowed attention sees; nil if no layer is windowed.
  public var window: Int?
  /// Positions that are learned, each a row of the embedding's width; 0 where none are.
  public var learnedPositions = 0

  /// A transformer of these sizes; nil for `sparseLayers` says that all layers have experts if any has.
  public init(
    hidden: Int, vocabulary: Int, tiesEmbedding: Bool, attention: Attention, dense: Dense? = nil,
    experts: Experts? = nil, sparseLayers: [Bool]? = nil, windowedLayers: [Bool], window: Int?
  ) {
    let sparseLayers = sparseLayers ?? windowedLayers.map { _ in experts != nil }
    precondition(window != nil || !windowedLayers.contains(true), "windowed layers have a window")
    precondition(sparseLayers.count == windowedLayers.count, "every layer is dense or sparse")
    precondition(experts != nil || !sparseLayers.contains(true), "sparse layers have experts")
    precondition(dense != nil || !sparseLayers.contains(false), "dense layers have an MLP")
    self.hidden = hidden
    self.vocabulary = vocabulary
    self.tiesEmbedding = tiesEmbedding
    self.attention = attention
    self.dense = dense
    self.experts = experts
    self.sparseLayers = sparseLayers
    self.windowedLayers = windowedLayers
    self.window = window
  }

  /// Layers in all.
  public var layerCount: Int { windowedLayers.count }
  /// Layers whose attention sees only the window.
  public var windowedLayerCount: Int { windowedLayers.count { $0 } }
  /// Layers that have experts.
  public var sparseLayerCount: Int { sparseLayers.count { $0 } }
}
