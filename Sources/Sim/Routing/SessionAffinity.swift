import Base

/// Sends all requests of a conversation to one replica, where what they share may be found again.
public struct SessionAffinity: RoutingPolicy {
  /// `session-affinity`.
  public static let name = "session-affinity"
  /// What it does.
  public static let summary = "keeps each session on one replica; other requests as least-outstanding-tokens"

  private var others: LeastOutstandingTokens

  /// It draws nothing but what follows from the session.
  public init(random: SeededRandom) { others = LeastOutstandingTokens(random: random) }

  /// The same replica for the same session in every process; the least loaded one without a session.
  public mutating func replica(for request: RoutedRequest, among loads: [ReplicaLoad]) -> Int {
    guard let session = request.session else { return others.replica(for: request, among: loads) }
    var mixed = SeededRandom(seed: session, stream: "session")
    return Int(mixed.next() % UInt64(loads.count))
  }
}
