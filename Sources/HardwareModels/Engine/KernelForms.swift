import Base

/// How long a dense matrix product takes: t0 + ((flops / (e_f peak))^p + (bytes / (e_b bandwidth))^p)^(1/p).
/// This and the forms below were found by cross-validation on measured kernels (shared/calibration/README.md).
public struct MatrixProductForm: Hashable, Sendable {
  /// Weights of this format.
  public var format: NumberFormat
  /// The fewest rows it is for, where the software has another kernel for fewer; nil if it is for any.
  public var fromRows: Int?
  /// t0: a kernel that does nothing.
  public var start: Seconds
  /// e_f: the share of peak compute that is reached.
  public var flopEfficiency: Double
  /// e_b: the share of peak bandwidth that is reached.
  public var bandwidthEfficiency: Double
  /// p: at 1 arithmetic and memory add up, as it grows the longer one hides the other.
  public var overlapExponent: Double

  /// A form with these parameters.
  public init(
    format: NumberFormat, fromRows: Int? = nil, start: Seconds, flopEfficiency: Double, bandwidthEfficiency: Double,
    overlapExponent: Double
  ) {
    self.format = format
    self.fromRows = fromRows
    self.start = start
    self.flopEfficiency = flopEfficiency
    self.bandwidthEfficiency = bandwidthEfficiency
    self.overlapExponent = overlapExponent
  }
}

/// How long the routed experts of a layer take: t0 + (mem^p + cmp^p)^(1/p) + act, where
/// mem = w (A + (N - A) r) / (e_b bandwidth) for A experts touched, N tiles and w bytes an expert;
/// cmp = 6 h i N b / (e_f peak) for tiles of b rows, b the power of two above T k / E within bounds;
/// act = (M (6 h + 12 i) + 4 T h) / (e_a bandwidth) for M = T k pairs.
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

    /// Experts of this shape.
    public init(hidden: Int, intermediate: Int, count: Int, topK: Int) {
      self.hidden = hidden
      self.intermediate = intermediate
      self.count = count
      self.topK = topK
    }
  }

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
  /// p.
  public var overlapExponent: Double
  /// The smallest and the largest tile height, powers of two.
  public var tileRows: ClosedRange<Int>

  /// A form with these parameters.
  public init(
    format: NumberFormat, shape: Shape?, start: Seconds, flopEfficiency: Double, bandwidthEfficiency: Double,
    activationEfficiency: Double?, rereadShare: Double, overlapExponent: Double, tileRows: ClosedRange<Int>
  ) {
    self.format = format
    self.shape = shape
    self.start = start
    self.flopEfficiency = flopEfficiency
    self.bandwidthEfficiency = bandwidthEfficiency
    self.activationEfficiency = activationEfficiency
    self.rereadShare = rereadShare
    self.overlapExponent = overlapExponent
    self.tileRows = tileRows
  }
}

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

/// How long prefill attention takes: t0 + 4 H d (pairs + T s0 / 2) / (e_f peak) + bytes / (e_b bandwidth).
/// For prompts of S tokens without a past that is the 2 S^2 H d (1 + s0 / S) of the calibration data.
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

  /// t0.
  public var start: Seconds
  /// e_f by width of a head; other widths take the nearest.
  public var flopEfficiencies: [HeadEfficiency]
  /// s0: tokens of masked work that each token adds, for tiles that stand across the diagonal.
  public var maskedTokens: Double
  /// e_b: the share of peak bandwidth at which queries, keys, values and outputs move.
  public var bandwidthEfficiency: Double

  /// A form with these parameters.
  public init(start: Seconds, flopEfficiencies: [HeadEfficiency], maskedTokens: Double, bandwidthEfficiency: Double) {
    self.start = start
    self.flopEfficiencies = flopEfficiencies
    self.maskedTokens = maskedTokens
    self.bandwidthEfficiency = bandwidthEfficiency
  }
}

/// How long the sum of S bytes over n GPUs takes: a + 2 (n - 1) / n x S / b + c sqrt(S / MB).
public struct AllReduceForm: Hashable, Sendable {
  /// n.
  public var gpus: Int
  /// a.
  public var start: Seconds
  /// b.
  public var bandwidth: BytesPerSecond
  /// c.
  public var timePerRootMegabyte: Seconds

  /// A form with these parameters.
  public init(gpus: Int, start: Seconds, bandwidth: BytesPerSecond, timePerRootMegabyte: Seconds) {
    self.gpus = gpus
    self.start = start
    self.bandwidth = bandwidth
    self.timePerRootMegabyte = timePerRootMegabyte
  }
}

/// How long kernels that only move bytes take: t0 for each + bytes / (e_b bandwidth).
public struct ElementwiseForm: Hashable, Sendable {
  /// t0.
  public var start: Seconds
  /// e_b: the share of peak bandwidth that is reached.
  public var bandwidthEfficiency: Double
}
