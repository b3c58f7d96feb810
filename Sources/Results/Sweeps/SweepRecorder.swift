import Base
import GRDB
import Synchronization

/// What came of the points of a sweep, on its way into a results file. Points come from any number of threads; they are
/// stored in one transaction every half a second, so that a program killed at any moment loses no more than that.
///
/// A class, because it owns a database connection and what waits for it.
public final class SweepRecorder: Sendable {
  /// What came of a point.
  enum Outcome {
    /// A run that the file holds already.
    case stored(Int64)
    /// A run that has been simulated now.
    case simulated(RunResult, gpuCount: Int)
    /// Nothing, for a reason.
    case failed(String)
  }

  /// How many points there were of each sort.
  public struct Tally: Hashable, Sendable {
    /// Simulated now.
    public var simulated = 0
    /// Found in the file.
    public var stored = 0
    /// Not possible.
    public var failed = 0

    /// So many of each sort.
    public init(simulated: Int = 0, stored: Int = 0, failed: Int = 0) {
      (self.simulated, self.stored, self.failed) = (simulated, stored, failed)
    }
  }

  /// Writing to the file failed while a point was simulated, which is not that point's fault.
  struct Failure: Error { let cause: InputError }

  private struct State {
    var pending: [(number: Int, outcome: Outcome)] = []
    /// When the first of those was added.
    var oldest = ContinuousClock.now
    var tally = Tally()
  }

  private static let patience: Duration = .milliseconds(500)

  private let sweep: Sweep
  private let programVersion: String
  private let place: FilePlace
  private let connection: DatabaseQueue
  private let state = Mutex(State())

  /// Begins or goes on with a sweep in a file. Where the file holds another sweep of that name, runs that both share are
  /// kept.
  public init(_ sweep: Sweep, in store: RunStore, programVersion: String) throws {
    self.sweep = sweep
    self.programVersion = programVersion
    place = FilePlace(path: store.path)
    connection = try place.explaining { try store.connect() }
    try place.explaining {
      try connection.writeWithoutTransaction { db in
        try db.inTransaction(.immediate) {
          try begin(db)
          return .commit
        }
      }
    }
  }

  /// What has been recorded so far.
  public var tally: Tally { state.withLock { $0.tally } }

  /// The number of a run in the file, if it was made by this very version of the program.
  func storedRun(_ run: RunDescription) throws -> Int64? {
    try place.explaining { try connection.read { try storedRun(run, $0) } }
  }

  private func storedRun(_ run: RunDescription, _ db: Database) throws -> Int64? {
    try Int64.fetchOne(
      db.cachedStatement(sql: "SELECT id FROM run WHERE config_hash = ? AND policy = ? AND program_version = ?"),
      arguments: [run.configHash, run.policy, programVersion])
  }

  /// Notes what came of a point.
  func record(_ number: Int, _ outcome: Outcome) throws {
    try state.withLock { state in
      if state.pending.isEmpty { state.oldest = .now }
      state.pending.append((number, outcome))
      switch outcome {
      case .stored: state.tally.stored += 1
      case .simulated: state.tally.simulated += 1
      case .failed: state.tally.failed += 1
      }
      try storeIfDue(&state)
    }
  }

  /// Stores what has waited for long enough; called while a point is simulated.
  func storeIfDue() throws {
    do {
      try state.withLock { try storeIfDue(&$0) }
    } catch let error as InputError {
      throw Failure(cause: error)
    }
  }

  /// Stores all that waits.
  func finish() throws { try state.withLock { try store(&$0) } }

  private func storeIfDue(_ state: inout State) throws {
    if ContinuousClock.now - state.oldest >= Self.patience { try store(&state) }
  }

  private func store(_ state: inout State) throws {
    guard !state.pending.isEmpty else { return }
    let pending = state.pending
    try place.explaining {
      try connection.writeWithoutTransaction { db in
        try db.inTransaction(.immediate) {
          for (number, outcome) in pending { try store(outcome, of: number, db) }
          return .commit
        }
      }
    }
    state.pending.removeAll(keepingCapacity: true)
  }

  private func store(_ outcome: Outcome, of number: Int, _ db: Database) throws {
    let run: Int64?
    var error: String?
    switch outcome {
    case .stored(let id): run = id
    case .simulated(let result, let gpuCount): run = try store(result, gpuCount: gpuCount, db)
    case .failed(let reason): (run, error) = (nil, reason)
    }
    try db.cachedStatement(sql: "INSERT OR REPLACE INTO point (number, settings, run, error) VALUES (?, ?, ?, ?)")
      .execute(arguments: [number, sweep.settingsJSON(at: number), run, error])
  }

  /// Two points may have made the same run at the same time.
  private func store(_ result: RunResult, gpuCount: Int, _ db: Database) throws -> Int64 {
    if let stored = try storedRun(result.run, db) { return stored }
    let id = try db.store(result.run, gpuCount: gpuCount)
    try db.store(result.values, of: id)
    return id
  }

  private func begin(_ db: Database) throws {
    let row = try Row.fetchOne(db, sql: "SELECT name, definition, program_version FROM sweep")
    if let row {
      let name: String = row["name"]
      guard name == sweep.name else {
        throw InputError(
          .data, file: place.path, "holds the sweep \"\(name)\" and not \"\(sweep.name)\"",
          hint: "name another file with --out")
      }
      if row["definition"] == sweep.definition, row["program_version"] == programVersion { return }
    }
    try db.execute(sql: "DELETE FROM point; DELETE FROM sweep")
    try db.execute(
      sql: "INSERT INTO sweep (id, name, definition, points, program_version) VALUES (1, ?, ?, ?, ?)",
      arguments: [sweep.name, sweep.definition, sweep.pointCount, programVersion])
  }
}

extension Sweep {
  /// What the axes set at a point, as one JSON object.
  fileprivate func settingsJSON(at number: Int) -> String {
    "{" + settings(at: number).map { "\(jsonString($0.key)): \($0.value.canonicalJSON)" }.joined(separator: ", ") + "}"
  }
}
