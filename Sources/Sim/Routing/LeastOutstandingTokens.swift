import Base

/// Chooses the replica with the fewest outstanding tokens.
public struct LeastOutstandingTokens: RoutingPolicy {
  /// `least-outstanding-tokens`.
  public static let name = "least-outstanding-tokens"
  /// What it does.
  public static let summary = "chooses the replica with the fewest outstanding tokens"

  /// It draws nothing.
  public init(random: SeededRandom) {}

  /// Among equal ones the first. Looking at each is cheaper than keeping them in order: loads change with every
  /// iteration, and are asked for with every request only.
  public mutating func replica(for request: RoutedRequest, among loads: [ReplicaLoad]) -> Int {
    var best = 0
    for place in loads.indices where loads[place].outstandingTokens < loads[best].outstandingTokens { best = place }
    return best
  }
}
