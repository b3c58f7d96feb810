import Foundation
import GRDB
import TestSupport
import Testing

/// `lpsim run --timeline`.
struct TimelineTests {
  private let sandbox: Sandbox

  init() throws { sandbox = try Sandbox() }

  @Test func allPoliciesAreInOneFileWhoseBytesRepeat() throws {
    func run(_ name: String) throws -> (errors: String, json: String) {
      let run = try sandbox.lpsim(
        "run", paperConfig, "--trace", "sharegpt", "--requests", "12", "--rate", "6", "--json", "--set",
        "compare=[\"chunked\", \"layered\", \"orca\", \"static\"]", "--timeline", name)
      #expect(run.status == 0)
      return (run.errors, try sandbox.read(name))
    }
    let first = try run("a.json")
    #expect(try run("b.json").json == first.json)
    let megabytes = (Double(first.json.utf8.count) / 1e5).rounded() / 10
    #expect(first.errors == "timeline in a.json, \(megabytes) MB: open it at ui.perfetto.dev\n")
    let object = try #require(try JSONSerialization.jsonObject(with: Data(first.json.utf8)) as? [String: Any])
    let events = try #require(object["traceEvents"] as? [[String: Any]])
    let processes = events.filter { $0["name"] as? String == "process_name" }
    #expect(processes.map { $0["cat"] as? String } == ["chunked", "layered", "orca", "static"])
    #expect(Set(events.map { $0["pid"] as? Int }) == [1, 2, 3, 4])
  }

  @Test func theRunItselfIsTheSame() throws {
    let words = "run \(paperConfig) --trace arxiv --requests 3 --policy layered --record requests"
    let plain = try sandbox.lpsim(words: words + " --out a.sqlite --bench-json a.json")
    let drawn = try sandbox.lpsim(words: words + " --out b.sqlite --bench-json b.json --timeline t.json")
    #expect(plain.status == 0 && plain.out == drawn.out)
    for name in ["a.sqlite", "b.sqlite"] {
      let kept = try DatabaseQueue(path: sandbox.path(name)).read { db in
        try ["request", "iteration", "emission"].map { try Int.fetchOne(db, sql: "SELECT count(*) FROM \($0)") }
      }
      #expect(kept == [3, 0, 0], "\(name)")
    }
    #expect(try sandbox.contents() == ["a.json", "a.sqlite", "b.json", "b.sqlite", "t.json"])
  }

  @Test func aFileThatCannotBeMadeIsSaidBeforeAnythingRuns() throws {
    let run = try sandbox.lpsim(words: "run \(paperConfig) --trace arxiv --timeline none/t.json")
    #expect(run == .refused(.cannotCreate, "none/t.json: cannot be made: No such file or directory"))
    #expect(try sandbox.contents() == [])
  }
}
