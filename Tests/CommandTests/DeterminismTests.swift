import GRDB
import TestSupport
import Testing

/// The same configuration in two processes gives the same bytes.
struct DeterminismTests {
  @Test(arguments: ["expected", "sampled"])
  func twoProcessesGiveTheSameBytesAndRows(_ routing: String) throws {
    let sandbox = try Sandbox()
    func run(into file: String) throws -> (Outcome, [String]) {
      let outcome = try sandbox.lpsim(
        "run", paperConfig, "--trace", "sharegpt", "--requests", "30", "--rate", "8", "--seed", "7", "--json", "--out",
        file, "--set", "routing=\(routing)", "--set", "compare=[\"chunked\", \"layered\", \"orca\", \"static\"]",
        "--record", "iterations")
      let rows = try DatabaseQueue(path: sandbox.path(file)).read { db in
        try ["run", "metric", "request", "iteration", "emission"].flatMap { table in
          try Row.fetchAll(db, sql: "SELECT * FROM \(table)").map(\.description)
        }
      }
      return (outcome, rows)
    }
    let (first, firstRows) = try run(into: "a.sqlite")
    let (second, secondRows) = try run(into: "b.sqlite")
    #expect(first.status == 0)
    #expect(try JSONOutput(first.out).policies == ["chunked", "layered", "orca", "static"])
    #expect(first == second)
    #expect(firstRows == secondRows)
    #expect(firstRows.count > 120)
  }

  @Test func aPolicyByItselfGivesWhatItGivesBesideOthers() throws {
    let sandbox = try Sandbox()
    let words = "run \(paperConfig) --trace arxiv --requests 12 --json"
    let both = try JSONOutput(sandbox.lpsim(words: words).out)
    let alone = try JSONOutput(sandbox.lpsim(words: words + " --policy layered").out)
    #expect(alone.runs[0].metrics == both.runs[1].metrics)
  }
}
