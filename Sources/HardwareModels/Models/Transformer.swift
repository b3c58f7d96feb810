/// A decoder-only transformer by its sizes: what there is to count, and nothing about any GPU.
public struct Transformer: Hashable, Sendable {
  /// The grouped-query attention of every layer.
  public struct Attention: Hashable, Sendable {
    /// Query heads.
    public var heads: Int
    /// Key and value heads.
    public var kvHeads: Int
    /// Width of a head.
    public var headDim: Int
    /// Whether the Q, K and V projections add a bias.
    public var hasInputBias = false
    /// Whether the output projection adds a bias.
    public var hasOutputBias = false
    /// Whether queries and keys are normalised per head.
    public var hasQueryKeyNorm = false
    /// Whether each head has an attention sink.
    public var hasSinks = false
    /// How the projections are stored.
    public var format = NumberFormat.bf16

    /// Attention of this shape.
    public init(heads: Int, kvHeads: Int, headDim: Int) {
      self.heads = heads
      self.kvHeads = kvHeads
      self.headDim = headDim
    }
  }

  /// The routed experts of every layer.
  public struct Experts: Hashable, Sendable {
    /// Experts in a layer.
    public var count: Int
    /// Experts that a token is sent to.
    public var topK: Int
    /// Width inside an expert.
    public var intermediate: Int
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

  /// What follows attention in every layer.
  public enum FeedForward: Hashable, Sendable {
    /// One gated MLP of this inner width, stored in this format.
    case dense(intermediate: Int, format: NumberFormat)
    /// A router and its experts.
    case experts(Experts)
  }

  /// Width of the residual stream.
  public var hidden: Int
  /// Words of the vocabulary.
  public var vocabulary: Int
  /// Whether embedding and LM head are one matrix.
  public var tiesEmbedding: Bool
  /// Attention.
  public var attention: Attention
  /// MLP or experts.
  public var feedForward: FeedForward
  /// For each layer, whether its attention sees only the window.
  public var windowedLayers: [Bool]
  /// Tokens that windowed attention sees; nil if no layer is windowed.
  public var window: Int?

  /// A transformer of these sizes.
  public init(
    hidden: Int, vocabulary: Int, tiesEmbedding: Bool, attention: Attention, feedForward: FeedForward,
    windowedLayers: [Bool], window: Int?
  ) {
    precondition(window != nil || !windowedLayers.contains(true), "windowed layers have a window")
    self.hidden = hidden
    self.vocabulary = vocabulary
    self.tiesEmbedding = tiesEmbedding
    self.attention = attention
    self.feedForward = feedForward
    self.windowedLayers = windowedLayers
    self.window = window
  }

  /// Layers in all.
  public var layerCount: Int { windowedLayers.count }
  /// Layers whose attention sees only the window.
  public var windowedLayerCount: Int { windowedLayers.count { $0 } }

  /// The experts; nil for a dense model.
  public var experts: Experts? {
    if case .experts(let experts) = feedForward { return experts }
    return nil
  }
}
