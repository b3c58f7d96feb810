import Base

/// Draws two replicas and chooses the one with fewer outstanding tokens: nearly as even as looking at all of them
/// (Mitzenmacher, "The power of two choices in randomized load balancing", 2001).
public struct PowerOfTwoChoices: RoutingPolicy {
  /// `power-of-two-choices`.
  public static let name = "power-of-two-choices"
  /// What it does.
  public static let summary = "draws two replicas and chooses the one with fewer outstanding tokens"

  private var random: SeededRandom

  /// The draws of this stream.
  public init(random: SeededRandom) { self.random = random }

  /// Of two that are equal the one drawn first.
  public mutating func replica(for request: RoutedRequest, among loads: [ReplicaLoad]) -> Int {
    guard loads.count > 1 else { return 0 }
    let first = draw(below: loads.count)
    let other = draw(below: loads.count - 1)
    let second = other < first ? other : other + 1
    return loads[second].outstandingTokens < loads[first].outstandingTokens ? second : first
  }

  /// A whole number below another, each as likely but for one part in 2^64.
  private mutating func draw(below count: Int) -> Int {
    Int(UInt64(count).multipliedFullWidth(by: random.next()).high)
  }
}
