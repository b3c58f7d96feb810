import Base

/// Where the events of a policy stand: each policy, and each replica beyond its first, is a process, each kind of slice a
/// thread of it.
///
/// Perfetto finds a thread by its number alone, so these differ over all policies. Asynchronous slices and flows belong
/// together by category and number; the category is the policy, so a request keeps its own number.
struct TimelineTrack {
  /// What its slices are.
  enum Kind: String, CaseIterable {
    case arrivals, iterations, layers
  }

  let policy: String
  /// The number of the process, from 1.
  let process: Int
  let thread: Int
  let kind: Kind

  init(_ kind: Kind, of policy: String, process: Int) {
    self.policy = policy
    self.process = process
    self.kind = kind
    thread = 10 * process + (Kind.allCases.firstIndex(of: kind) ?? 0)
  }

  /// What names and orders the tracks of a process.
  static func metadata(of policy: String, process: Int) -> [TraceEvent] {
    let tracks = Kind.allCases.map { TimelineTrack($0, of: policy, process: process) }
    func event(_ name: String, _ track: TimelineTrack, _ key: String, _ value: String) -> TraceEvent {
      TraceEvent("M", name, on: track, at: .zero, args: [key: value])
    }
    return [
      event("process_name", tracks[0], "name", jsonString(policy)),
      event("process_sort_index", tracks[0], "sort_index", "\(process)"),
    ]
      + tracks.flatMap { track in
        [
          event("thread_name", track, "name", jsonString(track.kind.rawValue)),
          event("thread_sort_index", track, "sort_index", "\(track.thread)"),
        ]
      }
  }
}
