import Base
import GRDB
import Testing

@testable import Results
@testable import Sim

/// What a query finds in a file, one text a row, columns apart by `|`, NULL for nothing.
func rows(_ path: String, _ sql: String) throws -> [String] {
  try DatabaseQueue(path: path).read { db in
    try Row.fetchAll(db, sql: sql).map { row in
      row.databaseValues.map { $0.isNull ? "NULL" : String.fromDatabaseValue($0) ?? "\($0)" }.joined(separator: "|")
    }
  }
}

/// The whole message of what is thrown; "no error" if nothing is.
func message(_ body: () throws -> Void) -> String {
  do { try body() } catch { return "\(error)" }
  return "no error"
}

extension RunStore {
  /// Records a run of a policy with these records.
  func store(
    _ run: RunDescription, requests: [RequestRecord] = [], iterations: [IterationRecord] = [],
    summary: RunSummary = roundSummary()
  ) throws {
    let recording = try begin(run, detail: .iterations)
    for request in requests { try recording.record(request) }
    for iteration in iterations { try recording.record(iteration) }
    try recording.finish(summary)
  }
}
