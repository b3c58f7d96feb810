import Base

/// How the GPUs of a system reach each other.
public struct Link: Hashable, Sendable {
  /// What a GPU sends, each direction.
  public var bandwidth: BytesPerSecond
  /// What an exchange takes however little is sent.
  public var latency: Seconds

  /// A link.
  public init(bandwidth: BytesPerSecond, latency: Seconds) {
    self.bandwidth = bandwidth
    self.latency = latency
  }
}
