import Base
import GRDB
import Sim

/// What a results file holds, for those who show it: runs with their metrics and records, and a sweep.
public struct ResultsFile: Sendable {
  /// A run that is not only a point of a sweep.
  public struct Run: Sendable {
    /// Its number in the file.
    public let id: Int64
    /// What was simulated, and the value of every metric.
    public let result: RunResult
  }

  /// The file.
  public let path: String
  /// The runs in the order of their numbers.
  public let runs: [Run]
  /// The sweep; nil where there is none.
  public let sweep: SweepResults?
  private let connection: DatabaseQueue

  /// Opens a file, which must be there and hold something.
  public init(path: String) throws {
    guard fileExists(path) else { throw unreadable(path) }
    self.path = path
    let store = try Self.store(path)
    connection = try FilePlace(path: path).explaining { try store.connect() }
    var holdsSweep = false
    (runs, holdsSweep) = try FilePlace(path: path).explaining { [connection] in
      try connection.read { db in
        (try Self.runs(db, of: path), try Row.fetchOne(db, sql: "SELECT 1 FROM point") != nil)
      }
    }
    sweep = holdsSweep ? try SweepResults(path: path) : nil
    guard holdsSweep || !runs.isEmpty else {
      throw InputError(
        .data, file: path, "holds no run", hint: "lpsim run and lpsim sweep fill it, with --out \(path)")
    }
  }

  /// Opens a file; what the store would advise is for those who write.
  private static func store(_ path: String) throws -> RunStore {
    do { return try RunStore(path: path) } catch var error as InputError {
      error.hint = ""
      throw error
    }
  }

  /// What a query finds, row by row.
  func forEachRow(_ query: String, _ arguments: StatementArguments, _ body: (Row) throws -> Void) throws {
    try FilePlace(path: path).explaining {
      try connection.read { db in
        let rows = try Row.fetchCursor(db, sql: query, arguments: arguments)
        while let row = try rows.next() { try body(row) }
      }
    }
  }

  private static func runs(_ db: Database, of path: String) throws -> [Run] {
    var found: [(id: Int64, run: RunDescription, values: [Double?])] = []
    let rows = try Row.fetchCursor(
      db,
      sql: """
        SELECT run.*, metric.name AS metric, metric.value
        FROM run LEFT JOIN metric ON metric.run = run.id
        WHERE run.id NOT IN (SELECT run FROM point WHERE run IS NOT NULL) OR run.id IN (SELECT run FROM quantile)
        ORDER BY run.id
        """)
    while let row = try rows.next() {
      if found.last?.id != row["id"] {
        found.append((row["id"], try RunDescription(row, of: path), Array(repeating: nil, count: Metric.all.count)))
      }
      let name: String? = row["metric"]
      if let place = name.flatMap({ Metric.places[$0] }) { found[found.count - 1].values[place] = row["value"] }
    }
    return found.map { Run(id: $0.id, result: RunResult($0.run, values: $0.values)) }
  }
}

extension RunDescription {
  /// The description of a run that a file holds.
  fileprivate init(_ row: Row, of path: String) throws {
    let files = try ConfigNode(parsing: row["config_files"], file: path).members ?? []
    self.init(
      name: row["name"], policy: row["policy"], policyIndex: row["policy_index"], trace: row["trace"],
      rate: row["rate_rps"], seed: row["seed"],
      serviceLevel: ServiceLevel(
        timeToFirstToken: .seconds(row["slo_ttft_ms"] / 1e3), timeBetweenTokens: .seconds(row["slo_tbt_ms"] / 1e3)),
      config: row["config"], files: try files.map { File(name: $0.key, contentHash: try $0.node.string()) },
      programVersion: row["program_version"])
  }
}
