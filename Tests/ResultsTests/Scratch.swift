import Base
import GRDB
import Testing

@testable import Results
@testable import Sim

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A folder of a test's own that is gone when the test is over.
///
/// A class, because its end removes the folder.
final class Scratch {
  let folder: String

  init() throws {
    var template = Array("/tmp/lpsim-results-XXXXXX".utf8CString)
    let made = mkdtemp(&template)
    try #require(made != nil, "no temporary folder")
    folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    for name in names(in: folder, endingIn: "") where name != "." && name != ".." {
      let path = folder + "/" + name
      if unlink(path) != 0 { rmdir(path) }
    }
    rmdir(folder)
  }

  /// The path of a file in it.
  func file(_ name: String) -> String { folder + "/" + name }

  /// The names of the files in it.
  var contents: [String] { names(in: folder, endingIn: "").filter { $0 != "." && $0 != ".." } }

  /// Writes a file into it.
  func write(_ text: String, to name: String) throws -> String {
    let handle = try #require(fopen(file(name), "wb"))
    defer { fclose(handle) }
    #expect(fwrite(text, 1, text.utf8.count, handle) == text.utf8.count)
    return file(name)
  }
}

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
