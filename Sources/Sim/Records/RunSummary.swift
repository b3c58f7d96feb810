import Base
import HardwareModels

/// The limits a request must meet to count as served well.
public struct ServiceLevel: Hashable, Sendable {
  /// The longest time to first token (TTFT).
  public var timeToFirstToken: SimDuration
  /// The longest time between any two of its tokens (TBT).
  public var timeBetweenTokens: SimDuration

  /// Limits on both.
  public init(timeToFirstToken: SimDuration, timeBetweenTokens: SimDuration) {
    self.timeToFirstToken = timeToFirstToken
    self.timeBetweenTokens = timeBetweenTokens
  }
}

/// A whole simulation in numbers that do not grow with it; every metric is a formula over this (docs/metrics.md).
public struct RunSummary: Sendable {
  /// Requests that arrived.
  public var requestsArrived = 0
  /// Requests whose tokens all came out.
  public var requestsCompleted = 0
  /// Requests turned away because prompt and answer exceed `maxModelLen`.
  public var requestsRejectedTooLong = 0
  /// Requests turned away because the KV cache could never hold them.
  public var requestsRejectedNoMemory = 0
  /// Completed requests that met their service level.
  public var requestsWithinServiceLevel = 0
  /// Prompt tokens of completed requests.
  public var promptTokens = 0
  /// Those of them that were cached when the request was first admitted.
  public var cachedTokens = 0
  /// Output tokens of completed requests.
  public var outputTokens = 0
  /// Times a decoding request lost its KV cache.
  public var preemptions = 0
  /// Iterations that ran.
  public var iterations = 0
  /// Iterations in which at least one request decoded.
  public var decodeIterations = 0
  /// Tokens decoded, one a request and iteration; first tokens come out of prefill and are not among them.
  public var decodedTokens = 0
  /// Prompt tokens x layers that were computed, recomputation after preemption included.
  public var prefillTokenLayers = 0
  /// Sum over arrivals of the requests in flight just after each: itself, unless it was turned away, and all others.
  public var inFlightAtArrivals = 0
  /// When the first request arrived.
  public var firstArrival = SimTime.zero
  /// When the last token came out.
  public var lastFinish = SimTime.zero
  /// Time, arithmetic, traffic and energy of all iterations.
  public var work = IterationCost()
  /// Energy drawn between iterations, while there was nothing to do; of pipeline stages, each by itself.
  public var idleEnergy = Joules.zero
  /// Requests whose keys and values moved to another replica.
  public var requestsMoved = 0
  /// Bytes of keys and values that moved.
  public var movedBytes = Bytes.zero
  /// First token to the arrival of keys and values, summed over requests that moved.
  public var movingTime = Seconds.zero
  /// GPUs of all replicas.
  public var gpuCount = 0
  /// Arrival to first token, one a completed request.
  public var timeToFirstToken = Distribution()
  /// Gaps between successive tokens, pooled over requests.
  public var timeBetweenTokens = Distribution()
  /// (last token - first token) / (output tokens - 1), one a completed request of two tokens or more.
  public var timePerOutputToken = Distribution()
  /// Arrival to last token, one a completed request.
  public var endToEnd = Distribution()

  /// Nothing has happened yet.
  public init() {}

  /// First arrival to last token.
  public var makespan: SimDuration { lastFinish - firstArrival }
}
