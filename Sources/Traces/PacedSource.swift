import Base

/// The lengths of a trace file with arrivals of our own.
struct PacedSource: RequestSource, Sendable {
  private var recorded: RecordedSource
  private var clock: ArrivalClock

  init(_ recorded: RecordedSource, clock: ArrivalClock) {
    self.recorded = recorded
    self.clock = clock
  }

  mutating func next() throws -> TraceRequest? {
    guard var request = try recorded.next() else { return nil }
    request.arrival = try clock.next()
    return request
  }
}

/// A trace file's requests with every gap made longer or shorter by one factor.
struct RescaledSource: RequestSource, Sendable {
  private var recorded: RecordedSource
  private let factor: Double

  init(_ recorded: RecordedSource, factor: Double) {
    self.recorded = recorded
    self.factor = factor
  }

  mutating func next() throws -> TraceRequest? {
    guard var request = try recorded.next() else { return nil }
    request.arrival = SimTime(nanoseconds: Int64((Double(request.arrival.nanoseconds) * factor).rounded()))
    return request
  }
}

/// The first requests of a source.
struct HeadOfSource: RequestSource {
  private var source: any RequestSource
  private var remaining: Int

  init(_ source: any RequestSource, requestCount: Int) {
    self.source = source
    remaining = requestCount
  }

  mutating func next() throws -> TraceRequest? {
    guard remaining > 0 else { return nil }
    remaining -= 1
    return try source.next()
  }
}

/// Requests that stand in memory.
struct ListedSource: RequestSource {
  var requests: ArraySlice<TraceRequest>

  mutating func next() -> TraceRequest? { requests.popFirst() }
}
