import Base
import GRDB
import Sim

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A results file: a SQLite database of finished runs, one transaction each, so that a program killed at any moment
/// leaves a file that opens and holds every run that was finished.
///
/// Any number of programs and threads may write to one file. A run that has the configuration hash and the policy of one
/// that is there replaces it: simulating twice leaves the same file as simulating once.
public struct RunStore: Sendable {
  /// The file.
  public var path: String { place.path }
  private let place: FilePlace
  /// Whether the file was not there before this store was.
  private let isNew: Bool

  /// Opens a results file, or makes one where there is none. Whatever stands in the way of writing to it, now is when it
  /// is said.
  public init(path: String) throws {
    place = FilePlace(path: path)
    try place.check()
    isNew = !fileExists(path)
    do {
      try place.explaining { try prepared().close() }
    } catch {
      try removeIfEmpty()
      throw error
    }
  }

  /// Begins to record a run. Nothing reaches the file, and nothing locks it, until the recording is finished.
  public func begin(_ run: RunDescription, detail: RecordDetail) throws -> RunRecording {
    try place.explaining { try RunRecording(run, detail: detail, connection: prepared(), place: place) }
  }

  /// Whether the file holds a run of this policy on this configuration.
  public func contains(configHash: String, policy: String) throws -> Bool {
    try place.explaining {
      try connect().read { db in
        try Row.fetchOne(
          db, sql: "SELECT 1 FROM run WHERE config_hash = ? AND policy = ?", arguments: [configHash, policy]) != nil
      }
    }
  }

  /// Takes back a file that this store made if it holds no run and nobody else has it open.
  public func removeIfEmpty() throws {
    guard isNew, fileExists(path) else { return }
    do {
      guard try isEmptyAndUnused() else { return }
    } catch let error as DatabaseError {
      // In use by another program; any other failure means that what we made is not worth keeping.
      if error.resultCode == .SQLITE_BUSY || error.resultCode == .SQLITE_LOCKED { return }
    }
    for suffix in ["", "-wal", "-shm"] {
      guard unlink(path + suffix) == 0 || errno == ENOENT else {
        throw InputError(.io, file: path + suffix, "cannot be removed: \(String(cString: strerror(errno)))")
      }
    }
  }

  /// A connection of one's own: those of a file wait for one another up to half a minute.
  func connect(busyMode: Database.BusyMode = .timeout(30)) throws -> DatabaseQueue {
    var configuration = Configuration()
    configuration.busyMode = busyMode
    configuration.prepareDatabase { try $0.execute(sql: "PRAGMA synchronous = NORMAL") }
    return try DatabaseQueue(path: place.forSQLite, configuration: configuration)
  }

  /// A connection to the file at its newest schema. Where the file system cannot write ahead, SQLite keeps its rollback
  /// journal, which is slower and as safe.
  private func prepared() throws -> DatabaseQueue {
    let connection = try connect()
    try connection.read(refuseStrangers)
    try connection.writeWithoutTransaction { db in
      try db.execute(sql: "PRAGMA journal_mode = WAL")
      try db.inTransaction(.immediate) {
        try refuseStrangers(db)
        try Schema.migrate(db)
        return .commit
      }
    }
    return connection
  }

  private func refuseStrangers(_ db: Database) throws {
    let application = try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0
    let isEmpty = try Row.fetchOne(db, sql: "SELECT 1 FROM sqlite_schema") == nil
    guard application == Schema.applicationID || application == 0 && isEmpty else {
      throw InputError(
        .data, file: path, "is a SQLite database, but not one of lpsim's results",
        hint: "name another file with --out")
    }
    let version = try Schema.version(db)
    guard version <= Schema.migrations.count else {
      throw InputError(
        .data, file: path,
        "was written by a newer lpsim (schema \(version); this one knows up to \(Schema.migrations.count))",
        hint: "update lpsim or name another file with --out")
    }
  }

  /// Leaving WAL mode succeeds only for the last connection, so it tells whether anybody else has the file open.
  private func isEmptyAndUnused() throws -> Bool {
    let connection = try connect(busyMode: .immediateError)
    let isEmpty = try connection.writeWithoutTransaction { db in
      try db.execute(sql: "PRAGMA journal_mode = DELETE")
      if try Schema.version(db) == 0 { return true }
      if try Row.fetchOne(db, sql: "SELECT 1 FROM run") == nil { return true }
      try db.execute(sql: "PRAGMA journal_mode = WAL")
      return false
    }
    try connection.close()
    return isEmpty
  }
}
