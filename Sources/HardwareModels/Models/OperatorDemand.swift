import Base

/// A matrix product on one GPU: rows x inner times inner x columns; or several of this shape side by side.
public struct MatrixProduct: Hashable, Sendable {
  /// Rows: tokens, padding of a CUDA graph included.
  public var rows: Int
  /// Columns of the weights that this GPU holds.
  public var columns: Int
  /// Rows of the weights that this GPU holds.
  public var inner: Int
  /// How the weights are stored.
  public var format: NumberFormat
  /// In what they are multiplied.
  public var arithmetic: NumberFormat
  /// Products of this shape in one kernel, as each head has its own; 1 for most.
  public var count: Int

  /// Work of this shape.
  public init(rows: Int, columns: Int, inner: Int, format: NumberFormat, count: Int = 1) {
    self.rows = rows
    self.columns = columns
    self.inner = inner
    self.format = format
    arithmetic = format.arithmetic
    self.count = count
  }
}

/// The routed experts of one layer on one GPU.
public struct ExpertProduct: Hashable, Sendable {
  /// Tokens, padding of a CUDA graph included.
  public var rows: Int
  /// Width of the residual stream.
  public var hidden: Int
  /// Width inside an expert that this GPU holds.
  public var intermediate: Int
  /// Width inside the whole expert: what the model is known by.
  public var wholeIntermediate: Int
  /// Experts in the layer.
  public var count: Int
  /// Experts a token is sent to.
  public var topK: Int
  /// Experts touched and tiles filled.
  public var load: ExpertLoad
  /// How the weights are stored.
  public var format: NumberFormat
  /// In what they are multiplied.
  public var arithmetic: NumberFormat
  /// (token, expert) pairs of this GPU.
  public var assignments: Double
  /// Pairs of other GPUs whose tokens this GPU has, too.
  public var foreignPairs = 0.0
  /// Experts that this GPU holds, in whole or in part.
  public var held: Int

  /// Work of this shape, in which every pair is this GPU's.
  public init(
    rows: Int, hidden: Int, intermediate: Int, wholeIntermediate: Int, count: Int, topK: Int, load: ExpertLoad,
    format: NumberFormat
  ) {
    self.rows = rows
    self.hidden = hidden
    self.intermediate = intermediate
    self.wholeIntermediate = wholeIntermediate
    self.count = count
    self.topK = topK
    self.load = load
    self.format = format
    arithmetic = format.arithmetic
    assignments = Double(rows) * Double(topK)
    held = count
  }

  /// Bytes of one expert on this GPU.
  public var bytesPerExpert: Double { 3 * Double(hidden * intermediate) * format.bytesPerWeight }
  /// The share of all pairs that this GPU has.
  var share: Double { assignments / (Double(rows) * Double(topK)) }
  /// Bytes of activations that the measured kernels move for the pairs of this GPU.
  public var activationBytes: Double { activationBytes(pairs: assignments, tokens: min(Double(rows), assignments)) }
  /// Bytes that kernels move for pairs of other GPUs if they pass over these: 4i zeros of both first matrices, 6i around
  /// the activation function, 2h zeros of the last matrix, and 2h in the sum over a token's experts.
  var foreignBytes: Double { foreignPairs * (4 * Double(hidden) + 10 * Double(intermediate)) }
  /// Bytes of activations that the measured kernels move for M pairs of T tokens:
  /// M (2h + 4i) + M (2i + 2h) + M (6i + 2h) + 4 T h.
  public func activationBytes(pairs: Double, tokens: Double) -> Double {
    pairs * (6 * Double(hidden) + 12 * Double(intermediate)) + 4 * tokens * Double(hidden)
  }
}

/// Attention of the prompt tokens of one layer on one GPU.
public struct PrefillAttention: Hashable, Sendable {
  /// Prompt tokens.
  public var tokens: Int
  /// Pairs of a token and a token it attends to.
  public var pairs: Int
  /// Tokens whose keys and values are read.
  public var cachedTokens: Int
  /// Query heads on this GPU.
  public var heads: Int
  /// Key and value heads on this GPU.
  public var kvHeads: Int
  /// Width of a head.
  public var headDim: Int
  /// How keys and values are kept.
  public var cacheFormat: CacheFormat

  /// Work of this shape.
  public init(
    tokens: Int, pairs: Int, cachedTokens: Int, heads: Int, kvHeads: Int, headDim: Int,
    cacheFormat: CacheFormat = .bf16
  ) {
    self.cacheFormat = cacheFormat
    self.tokens = tokens
    self.pairs = pairs
    self.cachedTokens = cachedTokens
    self.heads = heads
    self.kvHeads = kvHeads
    self.headDim = headDim
  }
}

/// Attention of the decoded tokens of one layer on one GPU.
public struct DecodeAttention: Hashable, Sendable {
  /// Requests, each with one new token.
  public var requests: Int
  /// Tokens attended to, summed over the requests.
  public var contextTokens: Int
  /// Key and value heads on this GPU.
  public var kvHeads: Int
  /// Width of a head.
  public var headDim: Int
  /// How keys and values are kept.
  public var cacheFormat: CacheFormat

  /// Work of this shape.
  public init(requests: Int, contextTokens: Int, kvHeads: Int, headDim: Int, cacheFormat: CacheFormat = .bf16) {
    self.requests = requests
    self.contextTokens = contextTokens
    self.kvHeads = kvHeads
    self.headDim = headDim
    self.cacheFormat = cacheFormat
  }

  /// Bytes of keys and values that are read.
  public var cachedBytes: Double {
    2 * cacheFormat.bytesPerValue * Double(contextTokens) * Double(kvHeads * headDim)
  }
}

/// What an operator of one layer asks for, before a GPU is named.
public struct OperatorDemand: Hashable, Sendable {
  /// The kind of work with the shape that one GPU gets.
  public enum Kind: Hashable, Sendable {
    /// A dense matrix product.
    case matrixProduct(MatrixProduct)
    /// Routed experts: choosing, sorting, both products, activation, weighted sum.
    case experts(ExpertProduct)
    /// Attention of prompt tokens.
    case prefillAttention(PrefillAttention)
    /// Attention of decoded tokens.
    case decodeAttention(DecodeAttention)
    /// Latent attention of prompt tokens, without its projections.
    case latentPrefill(LatentAttention)
    /// Latent attention of decoded tokens with everything absorbed, without its projections.
    case latentDecode(LatentAttention)
    /// Attention of prompt tokens and of decoded ones in one kernel.
    case sharedAttention(PrefillAttention, DecodeAttention)
    /// Sum of so many bytes over so many GPUs.
    case allReduce(bytes: Double, gpus: Int)
    /// Tokens on their way to the experts of other GPUs, or back.
    case allToAll(AllToAll)
    /// So many bytes from one GPU to another, of another domain or its own.
    case transfer(bytes: Double, isAbroad: Bool)
    /// Drawing a token for each of so many requests from the likeliest of the vocabulary.
    case randomSampling(requests: Int)
    /// Kernels that only move bytes.
    case elementwise(bytes: Double, kernels: Int)
  }

  /// What it is called in tables.
  public var name: String
  /// Layers that do it.
  public var layers: Int
  /// The work of one layer on one GPU.
  public var kind: Kind
  /// Arithmetic of one layer on all GPUs; padding is not counted, nor is what is not a matrix product.
  public var flops: Flops
  /// Bytes of one layer on all GPUs; padding is not counted.
  public var traffic: Traffic
}

extension OperatorDemand.Kind {
  /// The format in which it multiplies; nil where it does not. Attention multiplies in BF16, however keys are kept.
  public var arithmetic: NumberFormat? {
    switch self {
    case .matrixProduct(let product): product.arithmetic
    case .experts(let product): product.arithmetic
    case .prefillAttention, .decodeAttention, .latentPrefill, .latentDecode, .sharedAttention: .bf16
    case .allReduce, .allToAll, .transfer, .randomSampling, .elementwise: nil
    }
  }
}
