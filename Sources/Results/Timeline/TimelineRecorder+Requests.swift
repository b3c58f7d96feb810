import Base
import Sim

extension TimelineRecorder {
  func draw(_ request: RequestRecord) throws {
    let number = "\(request.id.number)"
    try file.add(
      .slice("arrival", on: arrivals, from: request.arrival, to: request.arrival, args: ["request": number]))
    try drawSpan(
      "request", of: request, from: request.arrival, to: request.finish,
      args: [
        "request": number, "outcome": jsonString(request.outcome.rawValue),
        "prompt_tokens": "\(request.promptTokens)", "output_tokens": "\(request.outputTokens)",
        "preemptions": "\(request.preemptions)",
      ])
    guard request.outcome == .completed else { return }
    let phases = [
      ("waiting", request.arrival, request.firstScheduled), ("prefill", request.firstScheduled, request.firstToken),
      ("KV transfer", request.firstToken, request.cacheArrival ?? request.firstToken),
      ("decode", request.cacheArrival ?? request.firstToken, request.finish),
    ]
    for (name, start, end) in phases where start < end {
      try drawSpan(name, of: request, from: start, to: end, args: ["request": number])
    }
    try drawFlow(of: request)
  }

  private func drawSpan(
    _ name: String, of request: RequestRecord, from start: SimTime, to end: SimTime, args: TraceEvent.Members
  ) throws {
    let id = "\(request.id.number)"
    try file.add(TraceEvent("b", name, on: arrivals, at: start, ["id": id], args: args))
    try file.add(TraceEvent("e", name, on: arrivals, at: end, ["id": id]))
  }

  /// From the arrival through the iterations in which its prefill began and its first and its last token were made. A
  /// flow is bound to the slice that is open at its moment. An iteration's end belongs to the next one already, so tokens
  /// are bound a nanosecond before; no iteration is shorter.
  private func drawFlow(of request: RequestRecord) throws {
    func add(_ phase: String, _ track: TimelineTrack, _ time: SimTime, _ binding: String? = nil) throws {
      let fields: TraceEvent.Members = ["id": "\(request.id.number)", "bp": binding]
      try file.add(TraceEvent(phase, "request", on: track, at: time, fields))
    }
    func making(_ token: SimTime) -> SimTime { token + SimDuration(nanoseconds: -1) }
    let first = try lane(request.replica).iterations
    let last = try lane(request.emissions.last?.replica ?? request.replica).iterations
    try add("s", arrivals, request.arrival)
    try add("t", first, request.firstScheduled)
    if request.firstToken < request.finish { try add("t", first, making(request.firstToken)) }
    try add("f", last, making(request.finish), "\"e\"")
  }
}
