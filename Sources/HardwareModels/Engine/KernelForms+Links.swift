import Base

/// How long the sum of S bytes over n GPUs takes: the shorter of one step, in which each GPU reads all others,
/// a + (n - 1) S / b, and of two, in which each sums its part and then collects the others', a + s + 2 (n - 1) / n x S / b;
/// and c sqrt(S / MB). Engines choose by size.
public struct AllReduceForm: Hashable, Sendable {
  /// n.
  public var gpus: Int
  /// a.
  public var start: Seconds
  /// b.
  public var bandwidth: BytesPerSecond
  /// s: the second step's start; nil where there is no single step, and a holds both starts.
  public var secondStart: Seconds?
  /// c.
  public var timePerRootMegabyte: Seconds

  /// A form with these parameters.
  public init(
    gpus: Int, start: Seconds, bandwidth: BytesPerSecond, secondStart: Seconds?, timePerRootMegabyte: Seconds = .zero
  ) {
    self.gpus = gpus
    self.start = start
    self.bandwidth = bandwidth
    self.secondStart = secondStart
    self.timePerRootMegabyte = timePerRootMegabyte
  }
}

/// How long kernels that only move bytes take: t0 for each + bytes / (e_b bandwidth).
public struct ElementwiseForm: Hashable, Sendable {
  /// t0.
  public var start: Seconds
  /// e_b: the share of peak bandwidth that is reached; above 1 where a cache still holds what the kernel before wrote.
  public var bandwidthEfficiency: Double

  /// A form with these parameters.
  public init(start: Seconds, bandwidthEfficiency: Double) {
    self.start = start
    self.bandwidthEfficiency = bandwidthEfficiency
  }
}
