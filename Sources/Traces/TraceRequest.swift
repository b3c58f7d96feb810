import Base

/// A request as a trace tells it. How long the answer will be is known here and nowhere in a policy.
public struct TraceRequest: Hashable, Sendable {
  /// Prompt tokens that a prefix id stands for, as in the Mooncake traces.
  public static let tokensPerPrefixID = 512

  /// When it reaches the server.
  public var arrival: SimTime
  /// Tokens of its prompt, at least 1.
  public var promptTokens: Int
  /// Tokens of its answer, at least 1.
  public var outputTokens: Int
  /// A number that all requests of a conversation share; nil where the trace does not say.
  public var session: UInt64?
  /// An id for each block of ``tokensPerPrefixID`` prompt tokens, the last perhaps a shorter one: equal ids mean equal
  /// prompts from the beginning to this block's end. Empty where the trace does not say what prompts share.
  public var prefixIDs: [Int]

  /// A request.
  public init(
    arrival: SimTime, promptTokens: Int, outputTokens: Int, session: UInt64? = nil, prefixIDs: [Int] = []
  ) {
    self.arrival = arrival
    self.promptTokens = promptTokens
    self.outputTokens = outputTokens
    self.session = session
    self.prefixIDs = prefixIDs
  }
}

/// Requests one after the other, in the order they arrive; read as the simulation goes, so that a trace of any length
/// takes no memory.
public protocol RequestSource {
  /// The next request; nil at the end. Arrivals never go back in time.
  /// - Throws: ``InputError`` where the trace is wrong.
  mutating func next() throws -> TraceRequest?
}
