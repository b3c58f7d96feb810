import Base

/// An event of the Trace Event Format that chrome://tracing introduced and Perfetto reads. Times are microseconds with
/// three digits after the point, so that no nanosecond is lost.
struct TraceEvent {
  /// Members of a JSON object: names, and values as JSON.
  typealias Members = KeyValuePairs<String, String?>

  /// The event as JSON.
  private(set) var json: String

  /// An event.
  /// - Parameters:
  ///   - phase: its kind: `X` a slice, `b` and `e` the ends of an asynchronous one, `s`, `t` and `f` the beginning, a
  ///     step and the end of a flow, `C` counters, `M` metadata.
  ///   - fields: what its kind asks for.
  ///   - args: what a person wants to know; what is nil is left out.
  init(
    _ phase: String, _ name: String, on track: TimelineTrack, at time: SimTime, _ fields: Members = [:],
    args: Members = [:]
  ) {
    json = "{\"ph\":\"\(phase)\",\"name\":\(jsonString(name)),\"cat\":\(jsonString(track.policy))"
    json += ",\"pid\":\(track.process),\"tid\":\(track.thread),\"ts\":\(microseconds(time.nanoseconds))"
    for (key, value) in fields { json += value.map { ",\"\(key)\":\($0)" } ?? "" }
    if !args.isEmpty {
      json += ",\"args\":{" + args.compactMap { key, value in value.map { "\"\(key)\":\($0)" } }.joined(separator: ",")
      json += "}"
    }
    json += "}"
  }

  /// A slice between two moments.
  static func slice(
    _ name: String, on track: TimelineTrack, from start: SimTime, to end: SimTime, args: Members
  ) -> TraceEvent {
    TraceEvent(
      "X", name, on: track, at: start, ["dur": microseconds((end - start).nanoseconds)], args: args)
  }
}

/// Nanoseconds as microseconds, to the last digit.
private func microseconds(_ nanoseconds: Int64) -> String {
  let (whole, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1000)
  return "\(whole)." + String(String(1000 + rest).dropFirst())
}
