import Base

/// How long decode attention takes: t0 + ((bytes / (e_b bandwidth))^p + (requests x KV heads x tau)^p)^(1/p).
public struct DecodeAttentionForm: Hashable, Sendable {
  /// t0.
  public var start: Seconds
  /// e_b: the share of peak bandwidth at which keys and values stream.
  public var bandwidthEfficiency: Double
  /// tau: the work of a request and key-value head that does not depend on its context.
  public var timePerHead: Seconds
  /// p.
  public var overlapExponent: Double

  /// A form with these parameters.
  public init(start: Seconds, bandwidthEfficiency: Double, timePerHead: Seconds, overlapExponent: Double) {
    self.start = start
    self.bandwidthEfficiency = bandwidthEfficiency
    self.timePerHead = timePerHead
    self.overlapExponent = overlapExponent
  }
}

/// How long absorbed latent attention of decodes takes: t0 + ((bytes / (e_b bandwidth))^p + (2 pairs max(H, h) (k + v) /
/// (e_f peak))^p)^(1/p) for H heads, of which a tile holds at least h, and keys and values k and v wide. Bytes are those of
/// latents, queries and outputs.
public struct LatentDecodeForm: Hashable, Sendable {
  /// t0.
  public var start: Seconds
  /// e_b: the share of peak bandwidth at which latents stream.
  public var bandwidthEfficiency: Double
  /// e_f: the share of peak compute that is reached.
  public var flopEfficiency: Double
  /// h.
  public var leastHeads: Int
  /// p.
  public var overlapExponent: Double

  /// A form with these parameters.
  public init(
    start: Seconds, bandwidthEfficiency: Double, flopEfficiency: Double, leastHeads: Int, overlapExponent: Double
  ) {
    self.start = start
    self.bandwidthEfficiency = bandwidthEfficiency
    self.flopEfficiency = flopEfficiency
    self.leastHeads = leastHeads
    self.overlapExponent = overlapExponent
  }
}

/// How long latent attention of prompts takes, in either variant: t0 + max(tau c, 2 pairs H (k + v) / (e_f peak)) +
/// bytes / (e_b bandwidth), where c is what the last token of a prompt sees: its tile walks all these keys one after the
/// other, and few tiles leave most of the GPU idle.
public struct LatentPrefillForm: Hashable, Sendable {
  /// Which variant it is for.
  public var variant: LatentVariant
  /// t0.
  public var start: Seconds
  /// e_f: the share of peak compute that is reached.
  public var flopEfficiency: Double
  /// e_b: the share of peak bandwidth at which queries, keys, values and outputs move.
  public var bandwidthEfficiency: Double
  /// tau: what a tile takes for each key.
  public var timePerContextToken: Seconds

  /// A form with these parameters.
  public init(
    variant: LatentVariant, start: Seconds, flopEfficiency: Double, bandwidthEfficiency: Double,
    timePerContextToken: Seconds
  ) {
    self.variant = variant
    self.start = start
    self.flopEfficiency = flopEfficiency
    self.bandwidthEfficiency = bandwidthEfficiency
    self.timePerContextToken = timePerContextToken
  }
}

/// How long prefill attention of T tokens takes: t0 + max(tau c, 4 H d (pairs + T s0 / 2) / (e_f peak) +
/// bytes / (e_b bandwidth)) for c = pairs / T, the keys that a token sees on average: a tile walks its keys one after the
/// other, and few tiles leave most of the GPU idle. For prompts of S tokens without a past the arithmetic is the
/// 2 S^2 H d (1 + s0 / S) of the calibration data.
///
/// Where one kernel serves prompts and decodes together, a decode is a tile of R rows of which one is used: its context of
/// K tokens counts as R (K + s1) pairs.
public struct PrefillAttentionForm: Hashable, Sendable {
  /// The share of peak compute that heads of a width reach.
  public struct HeadEfficiency: Hashable, Sendable {
    /// Width of a head.
    public var headDim: Int
    /// e_f.
    public var flopEfficiency: Double

    /// Heads of a width reach this share.
    public init(headDim: Int, flopEfficiency: Double) {
      self.headDim = headDim
      self.flopEfficiency = flopEfficiency
    }
  }

  /// How decodes are served beside prompts, by the same kernel.
  public struct SharedTile: Hashable, Sendable {
    /// R.
    public var rows: Double
    /// s1: what a decode costs beside its context, in tokens of it.
    public var extraTokens: Double

    /// Tiles of so many rows.
    public init(rows: Double, extraTokens: Double) {
      self.rows = rows
      self.extraTokens = extraTokens
    }
  }

  /// t0.
  public var start: Seconds
  /// e_f by width of a head; other widths take the nearest.
  public var flopEfficiencies: [HeadEfficiency]
  /// s0: tokens of masked work that each token adds, for tiles that stand across the diagonal.
  public var maskedTokens: Double
  /// e_b: the share of peak bandwidth at which queries, keys, values and outputs move.
  public var bandwidthEfficiency: Double
  /// tau: what a tile takes for each key; nil where no tiles run beside each other.
  public var timePerContextToken: Seconds?
  /// Nil where decodes have a kernel of their own.
  public var sharedTile: SharedTile?

  /// A form with these parameters.
  public init(
    start: Seconds, flopEfficiencies: [HeadEfficiency], maskedTokens: Double, bandwidthEfficiency: Double,
    timePerContextToken: Seconds? = nil, sharedTile: SharedTile? = nil
  ) {
    self.start = start
    self.flopEfficiencies = flopEfficiencies
    self.maskedTokens = maskedTokens
    self.bandwidthEfficiency = bandwidthEfficiency
    self.timePerContextToken = timePerContextToken
    self.sharedTile = sharedTile
  }
}
