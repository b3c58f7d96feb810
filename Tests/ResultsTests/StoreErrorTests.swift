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

@Suite struct StoreErrorTests {
  private let scratch: Scratch
  private let path: String

  init() throws {
    scratch = try Scratch()
    path = scratch.path("runs.sqlite")
  }

  /// What opening a file says; the file must be as it was.
  private func opening(_ path: String) -> String { message { _ = try RunStore(path: path) } }

  @Test func textIsNotADatabase() throws {
    let path = try scratch.write(String(repeating: "metric,value\n", count: 100), to: "runs.csv")
    #expect(opening(path) == "\(path): is not a SQLite database — name another file with --out")
    #expect(try readTextFile(path) == String(repeating: "metric,value\n", count: 100))
    #expect(try scratch.contents() == ["runs.csv"])
  }

  @Test func aDamagedResultsFileIsNotADatabase() throws {
    try RunStore(path: path).store(describe("chunked"))
    let handle = try #require(fopen(path, "r+b"))
    fputs("No longer.", handle)
    fclose(handle)
    #expect(opening(path) == "\(path): is not a SQLite database — name another file with --out")
  }

  @Test func somebodyElsesDatabaseIsLeftAlone() throws {
    try DatabaseQueue(path: path).write { try $0.execute(sql: "CREATE TABLE run (id INTEGER PRIMARY KEY)") }
    let expected =
      "\(path): is a SQLite database, but not one of lpsim's results — name another file with --out"
    #expect(opening(path) == expected)
    #expect(try rows(path, "SELECT name FROM sqlite_schema") == ["run"])
    #expect(try rows(path, "PRAGMA journal_mode") == ["delete"])
    #expect(try scratch.contents() == ["runs.sqlite"])
  }

  @Test func aNewerSchemaIsLeftAlone() throws {
    _ = try RunStore(path: path)
    try DatabaseQueue(path: path).write { try $0.execute(sql: "PRAGMA user_version = 9") }
    let expected = """
      \(path): was written by a newer lpsim (schema 9; this one knows up to 5) — update lpsim or name another file \
      with --out
      """
    #expect(opening(path) == expected)
    #expect(try rows(path, "PRAGMA user_version") == ["9"])
  }

  @Test func anEmptyFileBecomesAResultsFile() throws {
    let path = try scratch.write("", to: "empty.sqlite")
    #expect(opening(path) == "no error")
    #expect(try rows(path, "PRAGMA user_version") == ["5"])
  }

  @Test func aFolderThatIsNotThereIsNotMade() throws {
    let path = scratch.path("deep/runs.sqlite")
    let expected =
      "\(path): cannot be created: there is no folder \"\(scratch.path("deep"))\" — make it with mkdir -p"
    #expect(opening(path) == expected)
    #expect(try scratch.contents() == [])
  }

  @Test func aFolderIsNotAResultsFile() {
    #expect(opening(scratch.folder) == "\(scratch.folder): is a folder; expected a results file")
  }

  @Test func anEmptyNameIsNoFile() {
    #expect(opening("") == "the name of the results file is empty")
  }

  @Test func aNameThatSQLiteWouldTakeForMemoryIsAFile() throws {
    #expect(FilePlace(path: ":memory:").forSQLite == "./:memory:")
    #expect(FilePlace(path: "file:x?mode=memory").forSQLite == "./file:x?mode=memory")
    #expect(FilePlace(path: "/a/b").forSQLite == "/a/b")
    #expect(FilePlace(path: "/b").folder == "/")
    #expect(FilePlace(path: "b").folder == ".")
    #expect(FilePlace(path: "a/b").folder == "a")
  }

  /// Root may write anywhere, so the child process becomes somebody else first.
  @Test func aReadOnlyFileSaysSo() async throws {
    try RunStore(path: path).store(describe("chunked"))
    chmod(scratch.folder, 0o777)
    chmod(path, 0o444)
    await #expect(processExitsWith: .success) { [path = path as String] in
      if getuid() == 0 { try #require(setuid(65534) == 0) }
      #expect(message { _ = try RunStore(path: path) } == "\(path): is read-only")
    }
  }

  @Test func aReadOnlyFolderSaysSo() async throws {
    chmod(scratch.folder, 0o555)
    await #expect(processExitsWith: .success) { [path = path as String, folder = scratch.folder as String] in
      if getuid() == 0 { try #require(setuid(65534) == 0) }
      let expected = "\(path): cannot be written: the folder \"\(folder)\" is read-only"
      #expect(message { _ = try RunStore(path: path) } == expected)
    }
    chmod(scratch.folder, 0o755)
    #expect(try scratch.contents() == [])
  }

  @Test func aDiskThatFillsUpWhileARunIsStoredLeavesTheRunsBefore() throws {
    let store = try RunStore(path: path)
    try store.store(describe("chunked"), requests: [servedRequest()])
    let recording = try store.begin(describe("layered"), detail: .requests)
    for number in 0..<3000 { try recording.record(servedRequest(number)) }
    try recording.connection.writeWithoutTransaction { try $0.execute(sql: "PRAGMA main.max_page_count = 40") }
    let error = #expect(throws: InputError.self) { try recording.finish(roundSummary()) }
    #expect(error?.status == .io)
    let expected = """
      \(path): the disk is full; the run was not stored — rows wait in SQLITE_TMPDIR (or /var/tmp) until a run is \
      finished
      """
    #expect(error?.description == expected)
    #expect(try rows(path, "SELECT policy FROM run") == ["chunked"])
    #expect(try rows(path, "PRAGMA integrity_check") == ["ok"])
  }

  @Test func aDiskThatFillsUpWhileRecordsWaitIsSaidAtOnce() throws {
    let recording = try RunStore(path: path).begin(describe("layered"), detail: .requests)
    try recording.connection.writeWithoutTransaction { try $0.execute(sql: "PRAGMA temp.max_page_count = 20") }
    let error = #expect(throws: InputError.self) {
      for number in 0..<3000 { try recording.record(servedRequest(number)) }
    }
    #expect(error?.status == .io)
  }

  @Test func aNewFileWithoutRunsIsTakenBack() throws {
    let store = try RunStore(path: path)
    try store.removeIfEmpty()
    #expect(try scratch.contents() == [])
  }

  @Test func aFileThatWasThereOrHoldsARunIsNotTakenBack() throws {
    let store = try RunStore(path: path)
    try RunStore(path: path).removeIfEmpty()
    #expect(try scratch.contents() == ["runs.sqlite"])
    try store.store(describe("chunked"))
    try store.removeIfEmpty()
    #expect(try scratch.contents() == ["runs.sqlite"])
    #expect(try rows(path, "PRAGMA journal_mode") == ["wal"])
  }

  @Test func aFileThatWasTakenAwayIsMadeAgain() throws {
    let store = try RunStore(path: path)
    try RunStore(path: path).store(describe("chunked"))
    #expect(unlink(path) == 0)
    try store.store(describe("layered"))
    #expect(try rows(path, "SELECT policy FROM run") == ["layered"])
  }

  @Test func aFileThatSomebodyElseHasOpenIsNotTakenBack() throws {
    let store = try RunStore(path: path)
    let other = try RunStore(path: path).begin(describe("layered"), detail: .requests)
    try store.removeIfEmpty()
    try other.finish(roundSummary())
    #expect(try rows(path, "SELECT policy FROM run") == ["layered"])
  }
}
