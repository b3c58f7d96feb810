/// Which decoding requests take part in an iteration.
public enum DecodeSelection: Hashable, Sendable {
  /// Every decoding request.
  case all
  /// The first so many in the order in which they began to decode; the others pause.
  case oldest(Int)
}

/// What one iteration shall do, as a policy proposes it. The engine checks it against frontiers and KV blocks.
public struct BatchPlan: Hashable, Sendable {
  /// Decoding requests that lose their blocks and go to the front of the waiting ones, one after the other.
  public var preemptions: [RequestID] = []
  /// Waiting requests that get KV blocks for their whole prompt and become prefilling ones.
  public var admissions: [RequestID] = []
  /// Decoding requests that produce one token each. They and the tiles are together at most `maxRequests`.
  public var decodes = DecodeSelection.oldest(0)
  /// Prefill work, at most one tile a request, in the order in which the requests were admitted.
  public var tiles: [Tile] = []

  /// A plan to do nothing.
  public init() {}
}

/// A policy proposed what cannot be done: a bug of the policy, not of the user.
public struct PlanError: Error, Hashable, CustomStringConvertible {
  /// The policy's name.
  public var policy: String
  /// The replica's iteration that was planned, from 0.
  public var iteration: Int
  /// What was proposed and why it cannot be done.
  public var problem: String

  /// The whole sentence.
  public var description: String { "policy \"\(policy)\", iteration \(iteration): \(problem)" }
}
