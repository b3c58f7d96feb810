import Base
import Foundation
import HardwareModels
import Results
import Sim
import TestSupport
import Testing
import Traces

/// A timeline as somebody reads it who knows the Trace Event Format only.
struct DrawnTimeline {
  struct Event {
    let phase: String
    let name: String
    /// What asynchronous slices and flows belong together by.
    let category: String
    let process: Int
    let thread: Int
    /// In nanoseconds, as are durations.
    let start: Int
    let duration: Int
    let id: Int?
    let args: [String: Any]

    var end: Int { start + duration }

    init(_ object: [String: Any]) throws {
      func nanoseconds(_ key: String) -> Int? { (object[key] as? Double).map { Int(($0 * 1000).rounded()) } }
      phase = try #require(object["ph"] as? String)
      name = try #require(object["name"] as? String)
      category = try #require(object["cat"] as? String)
      process = try #require(object["pid"] as? Int)
      thread = try #require(object["tid"] as? Int)
      start = try #require(nanoseconds("ts"))
      duration = nanoseconds("dur") ?? 0
      id = object["id"] as? Int
      args = object["args"] as? [String: Any] ?? [:]
    }
  }

  let events: [Event]

  init(_ json: String) throws {
    let object = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
    events = try #require(object["traceEvents"] as? [[String: Any]]).map(Event.init)
  }

  /// The slices of one kind of track of a policy, in the order of their beginnings.
  func slices(_ track: String, of policy: String) -> [Event] {
    let thread = events.first {
      $0.name == "thread_name" && $0.category == policy && $0.args["name"] as? String == track
    }
    return events.filter { $0.phase == "X" && $0.thread == thread?.thread }.sorted { $0.start < $1.start }
  }

  func events(_ phases: String, of policy: String) -> [Event] {
    events.filter { phases.contains($0.phase) && $0.category == policy }
  }
}

/// Simulates policies one after the other and draws all of them.
func draw(
  _ policies: [any SchedulingPolicy], serving trace: [TraceRequest], on server: Simulation.Server
) throws -> (json: String, summaries: [RunSummary]) {
  var bytes: [UInt8] = []
  let file = TimelineFile { piece in for index in piece.indices { bytes.append(piece[index]) } }
  let summaries = try policies.map { policy in
    let recorder = try TimelineRecorder(of: type(of: policy).name, into: file, idlePower: UnitCostModel().idlePower)
    var simulation = Simulation(
      of: ScriptedSource(trace), on: server.under(policy), costModel: UnitCostModel(), recorder: recorder)
    let summary = try simulation.run()
    try recorder.finish()
    return summary
  }
  try file.finish()
  #expect(file.byteCount == bytes.count)
  return (String(decoding: bytes, as: UTF8.self), summaries)
}
