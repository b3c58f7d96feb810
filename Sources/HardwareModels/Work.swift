/// The prefill part of what a run of like layers does in one iteration. Counts are sums over the requests that prefill.
public struct PrefillWork: Hashable, Sendable {
  /// Prompt tokens that pass these layers.
  public var tokens = 0
  /// Pairs of (new token, token it attends to), itself included: what attention's arithmetic is proportional to.
  public var attendedPairs = 0
  /// The same where attention sees only the model's window.
  public var windowedPairs = 0
  /// Tokens whose keys and values are read: all up to the last new one of each request.
  public var cachedTokensRead = 0
  /// The same where attention sees only the model's window.
  public var windowedTokensRead = 0
  /// Requests that prefill.
  public var requests = 0

  /// No prefill.
  public init() {}
}

/// The decode part of what a run of like layers does in one iteration: one new token for each request.
public struct DecodeWork: Hashable, Sendable {
  /// Requests that decode, which is also the number of new tokens.
  public var requests = 0
  /// Sum over these requests of the tokens attended to, the new one included.
  public var contextTokens = 0
  /// The same where attention sees only the model's window: the sum of min(context, window).
  public var windowedContextTokens = 0

  /// No decodes.
  public init() {}
}

/// What a run of neighbouring layers does in one iteration, each of them the same.
public struct LayerWork: Hashable, Sendable {
  /// The layers, from 0.
  public var layers: Range<Int>
  /// What they do for prompts.
  public var prefill: PrefillWork
  /// What they do for requests that decode.
  public var decode: DecodeWork

  /// Work of these layers.
  public init(layers: Range<Int>, prefill: PrefillWork = PrefillWork(), decode: DecodeWork = DecodeWork()) {
    self.layers = layers
    self.prefill = prefill
    self.decode = decode
  }
}

/// What one replica does in one iteration: the demand side, before any GPU is named.
public struct IterationWork: Hashable, Sendable {
  /// Runs of like layers, disjoint, in order. Layers that no run names do nothing.
  public var segments: [LayerWork]
  /// Tokens that come out, each of which passes the LM head and the sampler.
  public var emittedTokens: Int

  /// Work in these runs of layers.
  public init(segments: [LayerWork] = [], emittedTokens: Int = 0) {
    self.segments = segments
    self.emittedTokens = emittedTokens
  }
}
