import Base
import GRDB

extension RunStore {
  /// Takes the points of one sweep from other files into this one, all or none. Points that both have must be the same to
  /// the last digit.
  /// - Parameter shard: takes only the points of one of several shards.
  /// - Returns: how many points are new here.
  @discardableResult
  public func merge(_ paths: [String], shard: (index: Int, count: Int) = (1, 1)) throws -> Int {
    let place = FilePlace(path: path)
    return try place.explaining {
      try connect().writeWithoutTransaction { db in
        var added = 0
        try db.inTransaction(.immediate) {
          for path in paths { added += try SweepMerge(into: db, of: self.path, from: path).points(of: shard) }
          return .commit
        }
        return added
      }
    }
  }
}

/// One file's sweep on its way into another file.
private struct SweepMerge {
  private static let columns = """
    config_hash, policy, policy_index, name, trace, rate_rps, seed, slo_ttft_ms, slo_tbt_ms, gpus, config, config_files,
    program_version
    """

  let db: Database
  let path: String
  let other: String
  private let source: DatabaseQueue

  init(into db: Database, of path: String, from other: String) throws {
    guard fileExists(other) else { throw unreadable(other) }
    self.db = db
    self.path = path
    self.other = other
    source = try FilePlace(path: other).explaining { try RunStore(path: other).connect() }
  }

  func points(of shard: (index: Int, count: Int)) throws -> Int {
    try source.read { source in
      try agreeOnSweep(source)
      var added = 0
      let rows = try Row.fetchCursor(
        source, sql: "SELECT number, settings, run, error FROM point WHERE (number - ?) % ? = 0 ORDER BY number",
        arguments: [shard.index, shard.count])
      while let row = try rows.next() {
        let number: Int = row[0]
        let run = try (row[2] as Int64?).map { try copy(run: $0, of: number, source) }
        let mine = try Row.fetchOne(
          db.cachedStatement(sql: "SELECT run, error FROM point WHERE number = ?"), arguments: [number])
        guard let mine else {
          added += 1
          try db.cachedStatement(sql: "INSERT INTO point (number, settings, run, error) VALUES (?, ?, ?, ?)")
            .execute(arguments: [number, row[1] as String, run, row[3] as String?])
          continue
        }
        guard mine[0] == run, mine[1] == row[3] as String? else { throw contradiction(number) }
      }
      return added
    }
  }

  /// Both hold the same sweep, made by the same version, or this one none yet.
  private func agreeOnSweep(_ source: Database) throws {
    let query = "SELECT name, definition, points, program_version FROM sweep"
    guard let theirs = try Row.fetchOne(source, sql: query) else {
      throw InputError(.data, file: other, "holds no sweep; expected what lpsim sweep made")
    }
    guard let mine = try Row.fetchOne(db, sql: query) else {
      try db.execute(
        sql: "INSERT INTO sweep (id, name, definition, points, program_version) VALUES (1, ?, ?, ?, ?)",
        arguments: StatementArguments(theirs.databaseValues))
      return
    }
    guard mine["name"] as String == theirs["name"] else {
      throw InputError(
        .data, file: other,
        "holds the sweep \"\(theirs["name"] as String)\" and \(path) \"\(mine["name"] as String)\"")
    }
    guard mine == theirs else {
      throw InputError(
        .data, file: other,
        "holds the sweep \"\(mine["name"] as String)\" as another file or version of lpsim defines it")
    }
  }

  /// The run of that number in the other file, here: it is there already and the same, or it is copied.
  private func copy(run: Int64, of point: Int, _ source: Database) throws -> Int64 {
    let columns = Self.columns
    guard let theirs = try Row.fetchOne(source, sql: "SELECT \(columns) FROM run WHERE id = ?", arguments: [run]) else {
      preconditionFailure("a point's run is in its file")
    }
    let metrics = try Row.fetchAll(
      source, sql: "SELECT name, unit, value FROM metric WHERE run = ? ORDER BY rowid", arguments: [run])
    let identity: StatementArguments = [theirs["config_hash"] as String, theirs["policy"] as String]
    let known = "SELECT id FROM run WHERE config_hash = ? AND policy = ?"
    if let mine = try Int64.fetchOne(db, sql: known, arguments: identity) {
      let ours = try Row.fetchAll(
        db, sql: "SELECT name, unit, value FROM metric WHERE run = ? ORDER BY rowid", arguments: [mine])
      guard ours == metrics else { throw contradiction(point) }
      return mine
    }
    let marks = Array(repeating: "?", count: theirs.count).joined(separator: ", ")
    try db.execute(
      sql: "INSERT INTO run (\(columns)) VALUES (\(marks))", arguments: StatementArguments(theirs.databaseValues))
    let id = db.lastInsertedRowID
    for metric in metrics {
      try db.cachedStatement(sql: "INSERT INTO metric (run, name, unit, value) VALUES (?, ?, ?, ?)")
        .execute(arguments: [id] + StatementArguments(metric.databaseValues))
    }
    return id
  }

  private func contradiction(_ point: Int) -> InputError {
    InputError(.data, file: other, place: "point \(point)", "contradicts what \(path) says; nothing was merged")
  }
}
