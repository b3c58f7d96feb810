import Base
import Traces

/// A request in flight, as the engine keeps it.
struct ActiveRequest {
  var id: RequestID
  var session: UInt64?
  var arrival: SimTime
  /// Where it arrived.
  var replica = ReplicaID(0)
  var promptTokens: Int
  var outputTokens: Int
  /// What its prompt shares with others.
  var prefixIDs: [Int]
  /// Prompt tokens that were cached when it was first admitted.
  var cachedTokens = 0
  /// Tokens that have come out.
  var emittedTokens = 0
  var firstScheduled: SimTime?
  var firstToken = SimTime.zero
  /// When its keys and values reached the replica that decodes.
  var cacheArrival: SimTime?
  /// When its last token so far came out.
  var lastToken = SimTime.zero
  var largestGap = SimDuration.zero
  var preemptions = 0
  var emissions: [Emission] = []

  init(_ id: RequestID, _ request: TraceRequest) {
    self.id = id
    session = request.session
    arrival = request.arrival
    promptTokens = request.promptTokens
    outputTokens = request.outputTokens
    prefixIDs = request.prefixIDs
  }

  /// Prompt and tokens that have come out: what a prefill must compute.
  var length: Int { promptTokens + emittedTokens }

  /// It is admitted; what counts is the first time.
  mutating func noteAdmission(at now: SimTime, cachedTokens cached: Int) {
    guard firstScheduled == nil else { return }
    firstScheduled = now
    cachedTokens = cached
  }

  /// Its record when it leaves.
  func record(_ outcome: RequestRecord.Outcome) -> RequestRecord {
    let served = outcome == .completed
    return RequestRecord(
      id: id, outcome: outcome, replica: replica, arrival: arrival, firstScheduled: firstScheduled ?? arrival,
      firstToken: served ? firstToken : arrival, cacheArrival: cacheArrival, finish: served ? lastToken : arrival,
      promptTokens: promptTokens, cachedTokens: cachedTokens, outputTokens: outputTokens, largestGap: largestGap,
      preemptions: preemptions, emissions: emissions)
  }
}
