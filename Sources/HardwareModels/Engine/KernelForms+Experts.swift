import Base

/// How long the routed experts of a layer take: (t0 + (mem^p + cmp^p)^(1/p) + act) x f(T), where
/// mem = w (A + (N - A) r / g) / (e_b bandwidth) for A experts touched, N tiles and w bytes an expert;
/// cmp = 6 h i N b / (e_f peak) for tiles of b rows; act = (M (6 h + 12 i) + 4 T h) / (e_a bandwidth) for M = T k pairs.
/// In w and cmp the width i that a GPU holds counts in whole tiles of columns. Where a form has bounds, b is the power of
/// two above T k / E within them, of autotuned experts at the power of two of tokens below T, and g is 1; otherwise the
/// profile's ``ExpertTiling`` says b and how many tiles share what they read, of which up to ``sharingTiles`` do. Where a
/// form has a ``Spill``, cmp is longer for tokens that no cache holds.
public struct ExpertProductForm: Hashable, Sendable {
  /// The experts a form was fitted to; a form without one is for any.
  public struct Shape: Hashable, Sendable {
    /// Width of the residual stream.
    public var hidden: Int
    /// Width inside a whole expert.
    public var intermediate: Int
    /// Experts in a layer.
    public var count: Int
    /// Experts a token is sent to.
    public var topK: Int
    /// Width of the part of an expert that one GPU holds, for which software is tuned apart; nil for any.
    public var shard: Int?

    /// Experts of this shape.
    public init(hidden: Int, intermediate: Int, count: Int, topK: Int, shard: Int? = nil) {
      self.hidden = hidden
      self.intermediate = intermediate
      self.count = count
      self.topK = topK
      self.shard = shard
    }
  }

  /// The share that a tile reads again of an expert of so many bytes.
  func rereadShare(ofExpert bytes: Double) -> Double {
    let first = bytes * 2 / 3
    return rereadCache.map { rereadShare * first / (first + $0.value) } ?? rereadShare
  }

  /// Tiles of a group that read weights once: a group is launched over more columns than run at a time. Of models that a fit
  /// has not seen, 3 predicts those on the H200 best and 8 those on the H100; 4 lies between (docs/calibration.md).
  static let sharingTiles = 4

  /// Weights of this format.
  public var format: NumberFormat
  /// The experts it was fitted to; nil for a form that serves any.
  public var shape: Shape?
  /// t0.
  public var start: Seconds
  /// e_f: the share of peak compute that is reached.
  public var flopEfficiency: Double
  /// e_b: the share of peak bandwidth at which weights stream.
  public var bandwidthEfficiency: Double
  /// e_a: the share of peak bandwidth at which activations move; nil where they hide behind the rest.
  public var activationEfficiency: Double?
  /// r: the share of an expert that each tile beyond the first reads again.
  public var rereadShare: Double
  /// c: cache for an expert's first matrices; of v bytes of them only r v / (v + c) are read again. Nil for none.
  public var rereadCache: Bytes?
  /// p.
  public var overlapExponent: Double
  /// The smallest and the largest tile height, powers of two; nil where an ``ExpertTiling`` says them.
  public var tileRows: ClosedRange<Int>?
  /// The width of a tile; 1 where no width is rounded.
  public var tileColumns: Int
  /// How much longer arithmetic takes once tokens do not fit a cache; nil where it does not.
  public var spill: Spill?
  /// f: what measurements of as many tokens have in common beside this; nil for 1.
  public var correction: TokenCurve?

  /// A form with these parameters.
  public init(
    format: NumberFormat, shape: Shape?, start: Seconds, flopEfficiency: Double, bandwidthEfficiency: Double,
    activationEfficiency: Double?, rereadShare: Double, overlapExponent: Double, tileRows: ClosedRange<Int>?,
    tileColumns: Int = 1, rereadCache: Bytes? = nil, spill: Spill? = nil, correction: TokenCurve? = nil
  ) {
    self.format = format
    self.shape = shape
    self.start = start
    self.flopEfficiency = flopEfficiency
    self.bandwidthEfficiency = bandwidthEfficiency
    self.activationEfficiency = activationEfficiency
    self.rereadShare = rereadShare
    self.rereadCache = rereadCache
    self.overlapExponent = overlapExponent
    self.tileRows = tileRows
    self.tileColumns = tileColumns
    self.spill = spill
    self.correction = correction
  }

  /// Narrow tiles read the tokens of a call again for each few columns, and wait for memory where these come from there.
  public struct Spill: Hashable, Sendable {
    /// The second-level cache of the GPU.
    public var cache: Bytes
    /// What arithmetic takes longer, as a share of itself, if nothing is in the cache.
    public var slowdown: Double

    /// A cache and what it saves.
    public init(cache: Bytes, slowdown: Double) {
      self.cache = cache
      self.slowdown = slowdown
    }

    /// The factor for so many bytes of tokens: 1 as long as they fit.
    func factor(tokens bytes: Double) -> Double { 1 + slowdown * max(0, 1 - cache.value / bytes) }
  }
}
