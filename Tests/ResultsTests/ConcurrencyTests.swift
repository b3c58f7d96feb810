import Base
import GRDB
import TestSupport
import Testing

@testable import Results
@testable import Sim

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Several writers on one file, and writers that die.
@Suite struct ConcurrencyTests {
  private let scratch: Scratch
  private let path: String

  init() throws {
    scratch = try Scratch()
    path = scratch.path("runs.sqlite")
  }

  @Test func twoRecordingsOfOneFileDoNotWaitForEachOther() throws {
    let store = try RunStore(path: path)
    let chunked = try store.begin(describe("chunked"), detail: .requests)
    let layered = try store.begin(describe("layered", index: 1), detail: .requests)
    for number in 0..<2000 {
      try chunked.record(servedRequest(number))
      try layered.record(servedRequest(number))
    }
    try layered.finish(betterSummary())
    try chunked.finish(roundSummary())
    #expect(try rows(path, "SELECT run, count(*) FROM request GROUP BY run") == ["1|2000", "2|2000"])
  }

  @Test func writersThatBeginTogetherOnANewFileAllSucceed() async throws {
    let path = path
    try await withThrowingTaskGroup { group in
      for writer in 0..<8 {
        group.addTask {
          let store = try RunStore(path: path)
          for run in 0..<5 {
            try store.store(describe("chunked", config: "[\(writer),\(run)]"), requests: [servedRequest()])
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(try rows(path, "SELECT count(*), count(DISTINCT config_hash) FROM run") == ["40|40"])
    #expect(try rows(path, "SELECT count(*) FROM request") == ["40"])
    #expect(try rows(path, "PRAGMA integrity_check") == ["ok"])
    #expect(try scratch.contents() == ["runs.sqlite"])
  }

  @Test func anotherProcessAddsItsRuns() async throws {
    let store = try RunStore(path: path)
    let mine = try store.begin(describe("chunked"), detail: .requests)
    await #expect(processExitsWith: .success) { [path = path as String] in
      try RunStore(path: path).store(describe("layered", index: 1), requests: [servedRequest(), servedRequest(1)])
    }
    try mine.finish(roundSummary())
    #expect(try rows(path, "SELECT policy FROM run ORDER BY policy") == ["chunked", "layered"])
    let metrics = "SELECT metric.name, unit, value FROM metric JOIN run ON run.id = run WHERE policy = "
    #expect(
      try rows(path, metrics + "'chunked' ORDER BY metric.rowid")
        == rows(path, metrics + "'layered' ORDER BY metric.rowid"))
  }

  /// The child is killed by itself with SIGKILL from inside its transaction, after rows of it have reached the
  /// write-ahead log.
  @Test func aProgramKilledWhileItStoresARunLeavesTheRunsBefore() async throws {
    try RunStore(path: path).store(describe("chunked"), requests: [servedRequest()])
    await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
      let recording = try RunStore(path: path).begin(describe("layered"), detail: .requests)
      for number in 0..<20_000 { try recording.record(servedRequest(number)) }
      try recording.connection.writeWithoutTransaction { db in
        db.add(function: DatabaseFunction("die", argumentCount: 0, pure: false) { _ in kill(getpid(), SIGKILL) })
        try db.execute(sql: "PRAGMA cache_size = 10")
        try db.execute(
          sql: """
            CREATE TEMP TRIGGER killer AFTER INSERT ON main.metric WHEN NEW.name = 'energy_j' BEGIN SELECT die(); END
            """)
      }
      try recording.finish(betterSummary())
    }
    var log = stat()
    #expect(stat(path + "-wal", &log) == 0 && log.st_size > 100_000, "nothing of the killed run had been written")
    let store = try RunStore(path: path)
    #expect(try rows(path, "SELECT policy FROM run") == ["chunked"])
    #expect(try rows(path, "SELECT count(*) FROM request") == ["1"])
    #expect(try rows(path, "PRAGMA integrity_check") == ["ok"])
    try store.store(describe("layered"), summary: betterSummary())
    #expect(try rows(path, "SELECT policy FROM run ORDER BY id") == ["chunked", "layered"])
  }
}
