import Base
import Traces

/// A request in flight, as the engine keeps it.
struct ActiveRequest {
  var id: RequestID
  var arrival: SimTime
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
  /// When its last token so far came out.
  var lastToken = SimTime.zero
  var largestGap = SimDuration.zero
  var preemptions = 0
  var emissions: [ClosedRange<Int>] = []

  init(_ id: RequestID, _ request: TraceRequest) {
    self.id = id
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
      id: id, outcome: outcome, arrival: arrival, firstScheduled: firstScheduled ?? arrival,
      firstToken: served ? firstToken : arrival, finish: served ? lastToken : arrival, promptTokens: promptTokens,
      cachedTokens: cachedTokens, outputTokens: outputTokens, largestGap: largestGap, preemptions: preemptions,
      emissions: emissions)
  }
}

/// The requests in flight, each in a slot that is used again when it leaves: memory does not grow with the trace.
struct RequestTable {
  private var slots: [ActiveRequest] = []
  private var vacant: [Int] = []

  /// Takes a request in and returns its slot.
  mutating func insert(_ request: ActiveRequest) -> Int {
    guard let slot = vacant.popLast() else {
      slots.append(request)
      return slots.count - 1
    }
    slots[slot] = request
    return slot
  }

  /// Frees a slot.
  mutating func remove(_ slot: Int) { vacant.append(slot) }

  subscript(slot: Int) -> ActiveRequest {
    get { slots[slot] }
    _modify { yield &slots[slot] }
  }
}
