import Base
import GRDB
import TestSupport
import Testing

@testable import Results

/// What an older file becomes.
@Suite struct MigrationTests {
  private let scratch: Scratch

  init() throws { scratch = try Scratch() }

  /// A file that has seen so many steps, with a run and a row in each of its tables.
  private func older(_ steps: Int) throws -> String {
    let path = scratch.path("older.sqlite")
    try DatabaseQueue(path: path).write { db in
      for migration in Schema.migrations.prefix(steps) { try db.execute(sql: migration) }
      try db.execute(
        sql: """
          PRAGMA user_version = \(steps);
          INSERT INTO run VALUES (1, 'h', 'chunked', 0, 'tiny', 'arxiv', 1.5, 7, 10, 5, 2, '{}', '{}', '0.1.0');
          INSERT INTO request (run, id, outcome, arrival_ms, prompt_tokens, output_tokens, preemptions)
            VALUES (1, 0, 'completed', 1, 2, 3, 0);
          INSERT INTO iteration VALUES (1, 4, 1, 2, 1, 3, 0, 0, NULL, NULL, 3, 0, 9, 1, 2, 3, 4, 5, 6, 7, NULL);
          INSERT INTO emission VALUES (1, 0, 4, 4);
          """)
    }
    return path
  }

  @Test func iterationsOfAnOlderFileAreThoseOfItsOneReplica() throws {
    let path = try older(2)
    _ = try RunStore(path: path)
    #expect(
      try rows(path, "SELECT * FROM iteration")
        == ["1|0|4|1.0|2.0|1.0|3|0|0|NULL|NULL|3|0|9|1.0|2.0|3.0|4.0|5.0|6.0|7.0|NULL"])
    #expect(try rows(path, "SELECT * FROM emission") == ["1|0|0|4|4"])
    #expect(try rows(path, "SELECT id, replica, cache_arrival_ms FROM request") == ["0|0|NULL"])
  }

  @Test func aRunTakesItsRowsAlongAfterTheMigration() throws {
    let path = try older(2)
    _ = try RunStore(path: path)
    try DatabaseQueue(path: path).write { try $0.execute(sql: "DELETE FROM run") }
    for table in ["iteration", "emission", "request"] { #expect(try rows(path, "SELECT * FROM \(table)") == []) }
  }
}
