import Base

/// What a router may know of a replica. How long answers will be is not part of it.
public struct ReplicaLoad: Hashable, Sendable {
  /// Requests that wait, prefill or decode there, and those whose keys and values are still to arrive.
  public var requestsInFlight: Int
  /// Tokens that it is sure to process for them: those of prompts that have not passed every layer, and one for each
  /// request that decodes, because at least one more will come out.
  public var outstandingTokens: Int

  /// A load.
  public init(requestsInFlight: Int = 0, outstandingTokens: Int = 0) {
    self.requestsInFlight = requestsInFlight
    self.outstandingTokens = outstandingTokens
  }
}

/// What a router may know of the request that it sends on.
public struct RoutedRequest: Hashable, Sendable {
  /// Tokens of its prompt.
  public var promptTokens: Int
  /// The number that all requests of its conversation share; nil where it belongs to none.
  public var session: UInt64?

  /// A request.
  public init(promptTokens: Int, session: UInt64? = nil) {
    self.promptTokens = promptTokens
    self.session = session
  }
}

/// Decides which replica of a pool serves a request. One file and one line in ``routers`` make a new one, and the laws
/// test it.
public protocol RoutingPolicy: Sendable {
  /// The name in configuration files.
  static var name: String { get }
  /// One sentence for `lpsim list routers`.
  static var summary: String { get }

  /// A router that has sent nothing yet, with a stream of its own.
  init(random: SeededRandom)

  /// The place of the replica in `loads`, which is never empty. Asked once for each request, in the order of arrival.
  mutating func replica(for request: RoutedRequest, among loads: [ReplicaLoad]) -> Int
}

/// Every router that lpsim knows.
public let routers: [any RoutingPolicy.Type] = [
  RoundRobin.self,
  LeastOutstandingTokens.self,
  PowerOfTwoChoices.self,
  SessionAffinity.self,
]

/// The router of the name in a configuration file; an unknown name is an error that names the nearest one.
public func router(reading node: ConfigNode) throws -> any RoutingPolicy.Type {
  let name = try node.string()
  guard let router = routers.first(where: { $0.name == name }) else {
    throw node.error(unknown: "router", name, among: routers.map { $0.name })
  }
  return router
}
