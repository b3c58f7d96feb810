import Base

/// Lets replicas take turns.
public struct RoundRobin: RoutingPolicy {
  /// `round-robin`.
  public static let name = "round-robin"
  /// What it does.
  public static let summary = "lets replicas take turns"

  private var next = 0

  /// The first replica comes first.
  public init(random: SeededRandom) {}

  /// The replica after the last one that was named.
  public mutating func replica(for request: RoutedRequest, among loads: [ReplicaLoad]) -> Int {
    defer { next = (next + 1) % loads.count }
    return next
  }
}
