/// How keys and values are kept in the cache.
public enum CacheFormat: String, CaseIterable, Sendable {
  /// 16-bit floating point.
  case bf16
  /// 8-bit floating point.
  case fp8

  /// Bytes of one value.
  public var bytesPerValue: Double { self == .bf16 ? 2 : 1 }
}

/// How latent attention is computed.
public enum LatentVariant: String, CaseIterable, Sendable {
  /// Keys and values of every head are decompressed for all tokens attended to, and attention is multi-head.
  case plain
  /// The up-projections are absorbed into queries and outputs ("reordered"), and all heads attend to the latent itself.
  case absorbed
}

extension Transformer {
  /// Multi-head latent attention (arXiv:2405.04434): a token leaves one latent vector and one rotary key, from which
  /// every head's key and value are made.
  public struct Latent: Hashable, Sendable {
    /// Width that queries are compressed to; nil where they are not.
    public var queryRank: Int?
    /// Width that keys and values are compressed to together.
    public var rank: Int
    /// Width of a head's query and key without positions.
    public var plainDim: Int
    /// Width of its rotary part, one key for all heads.
    public var rotaryDim: Int
    /// Width of a head's value.
    public var valueDim: Int
    /// How prompt tokens are served; a deployment decides.
    public var prefill = LatentVariant.plain
    /// How decoded tokens are served; a deployment decides.
    public var decode = LatentVariant.absorbed

    /// Latent attention of this shape.
    public init(queryRank: Int?, rank: Int, plainDim: Int, rotaryDim: Int, valueDim: Int) {
      self.queryRank = queryRank
      self.rank = rank
      self.plainDim = plainDim
      self.rotaryDim = rotaryDim
      self.valueDim = valueDim
    }

    /// Width of a head's query.
    var keyDim: Int { plainDim + rotaryDim }
    /// Values that a token leaves in the cache.
    var cachedWidth: Int { rank + rotaryDim }
    /// Width of a head's key and value once decompressed.
    var decompressedWidth: Int { plainDim + valueDim }
  }
}

/// Latent attention of one layer on one GPU, once queries are projected and, if it is plain, keys and values decompressed.
public struct LatentAttention: Hashable, Sendable {
  /// How it is computed.
  public var variant: LatentVariant
  /// Requests.
  public var requests: Int
  /// New tokens.
  public var tokens: Int
  /// Pairs of a token and a token it attends to.
  public var pairs: Int
  /// Tokens whose latents are attended to.
  public var cachedTokens: Int
  /// Heads on this GPU.
  public var heads: Int
  /// Width of what a query is compared with: a head's key, or the latent with the rotary key.
  public var keyDim: Int
  /// Width of what is summed: a head's value, or the latent.
  public var valueDim: Int
  /// How latents are kept.
  public var cacheFormat: CacheFormat

  /// Attention of so many tokens over these sizes.
  public init(
    _ latent: Transformer.Latent, _ variant: LatentVariant, requests: Int, tokens: Int, pairs: Int, cachedTokens: Int,
    heads: Int, cacheFormat: CacheFormat = .bf16
  ) {
    self.variant = variant
    self.requests = requests
    self.tokens = tokens
    self.pairs = pairs
    self.cachedTokens = cachedTokens
    self.heads = heads
    keyDim = variant == .plain ? latent.keyDim : latent.cachedWidth
    valueDim = variant == .plain ? latent.valueDim : latent.rank
    self.cacheFormat = cacheFormat
  }

  /// Arithmetic: for each pair and head a product with the key and one with the value.
  public var flops: Double { 2 * Double(pairs) * Double(heads) * Double(keyDim + valueDim) }

  /// Bytes of keys and values that are read: those of every head, or the latents once.
  public var cachedBytes: Double {
    let tokens = Double(cachedTokens)
    return variant == .plain
      ? 2 * tokens * Double(heads * (keyDim + valueDim)) : cacheFormat.bytesPerValue * tokens * Double(keyDim)
  }

  /// Bytes of queries and outputs.
  public var queryBytes: Double { 2 * Double(tokens) * Double(heads * (keyDim + valueDim)) }
}
