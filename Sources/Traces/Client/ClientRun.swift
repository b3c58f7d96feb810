import Base

/// A request that was answered, as a benchmark client saw it.
public struct ClientRequest: Hashable, Sendable {
  /// When it was sent, since the first one was.
  public var sent: SimTime
  /// Tokens of its prompt.
  public var promptTokens: Int
  /// Tokens of its answer.
  public var outputTokens: Int
  /// From sending it to its first token.
  public var timeToFirstToken: Seconds
  /// From each token to the next.
  public var gaps: [Seconds]
  /// From sending it to its last token.
  public var endToEnd: Seconds

  /// A request.
  public init(
    sent: SimTime, promptTokens: Int, outputTokens: Int, timeToFirstToken: Seconds, gaps: [Seconds], endToEnd: Seconds
  ) {
    self.sent = sent
    self.promptTokens = promptTokens
    self.outputTokens = outputTokens
    self.timeToFirstToken = timeToFirstToken
    self.gaps = gaps
    self.endToEnd = endToEnd
  }

  /// (last token - first token) / (output tokens - 1); nil where there is one token.
  public var timePerOutputToken: Seconds? {
    guard outputTokens > 1 else { return nil }
    return Seconds((endToEnd.value - timeToFirstToken.value) / Double(outputTokens - 1))
  }
}

/// A request that got no answer.
public struct FailedRequest: Hashable, Sendable {
  /// When it was sent, since the first one was.
  public var sent: SimTime
  /// Tokens of its prompt.
  public var promptTokens: Int
  /// What went wrong.
  public var reason: String

  /// A failed request.
  public init(sent: SimTime, promptTokens: Int, reason: String) {
    self.sent = sent
    self.promptTokens = promptTokens
    self.reason = reason
  }
}

/// What a benchmark client saw of a server, measured or simulated.
public struct ClientRun: Hashable, Sendable {
  /// Where the moments come from at which requests were sent.
  public enum Sending: String, Sendable {
    /// The file has them.
    case recorded = "sent as recorded"
    /// The file does not, and they are drawn again as the client draws them with its seed 0.
    case redrawn = "sent with the client's gaps after its seed 0"
    /// All of them were sent at once.
    case atOnce = "sent all at once"
  }

  /// The requests that were answered, in the order they were sent.
  public var answered: [ClientRequest]
  /// The requests that were not.
  public var failed: [FailedRequest]
  /// From the beginning to the last token.
  public var duration: Seconds
  /// Where the moments of sending come from.
  public var sending: Sending

  /// A run.
  public init(answered: [ClientRequest], failed: [FailedRequest], duration: Seconds, sending: Sending) {
    self.answered = answered
    self.failed = failed
    self.duration = duration
    self.sending = sending
  }

  /// The answered requests, to be served again.
  public var requests: [TraceRequest] {
    answered.map { TraceRequest(arrival: $0.sent, promptTokens: $0.promptTokens, outputTokens: $0.outputTokens) }
  }
}
