import Base
import GRDB
import HardwareModels
import Sim

/// A run that is being recorded into a results file. What is never finished leaves no trace.
///
/// A class, because it owns a database connection: a copy would write into the same rows.
public final class RunRecording: Recorder {
  private static let batchSize = 1024

  /// What is recorded.
  public let run: RunDescription
  /// How much it wants to hear.
  public let detail: RecordDetail
  let connection: DatabaseQueue
  private let place: FilePlace
  private var requests: [RequestRecord] = []
  private var iterations: [IterationRecord] = []
  private var isFinished = false

  init(_ run: RunDescription, detail: RecordDetail, connection: DatabaseQueue, place: FilePlace) throws {
    self.run = run
    self.detail = detail
    self.connection = connection
    self.place = place
    try connection.writeWithoutTransaction { db in
      for table in Self.tables { try db.execute(sql: table.creation) }
    }
  }

  /// A request left the server.
  public func record(_ request: RequestRecord) throws {
    precondition(!isFinished, "a finished recording takes no more records")
    requests.append(request)
    if requests.count == Self.batchSize { try stage() }
  }

  /// An iteration ended.
  public func record(_ iteration: IterationRecord) throws {
    precondition(!isFinished, "a finished recording takes no more records")
    iterations.append(iteration)
    if iterations.count == Self.batchSize { try stage() }
  }

  /// Stores the run, its records and its metrics in one transaction, in the place of an earlier run of the same policy
  /// on the same configuration.
  public func finish(_ summary: RunSummary) throws {
    try stage()
    isFinished = true
    try place.explaining {
      try connection.writeWithoutTransaction { db in
        try db.inTransaction(.immediate) {
          try publish(summary, in: db)
          return .commit
        }
      }
      try connection.close()
    }
  }

  private static let tables: [StagedTable] = [.requests, .iterations, .emissions]

  private func stage() throws {
    try place.explaining {
      try connection.inTransaction(.deferred) { db in
        let requestRow = try db.cachedStatement(sql: StagedTable.requests.insertion)
        let emissionRow = try db.cachedStatement(sql: StagedTable.emissions.insertion)
        let iterationRow = try db.cachedStatement(sql: StagedTable.iterations.insertion)
        for request in requests {
          try request.insert(with: requestRow)
          try request.insertEmissions(with: emissionRow)
        }
        for iteration in iterations { try iteration.insert(with: iterationRow) }
        return .commit
      }
    }
    requests.removeAll(keepingCapacity: true)
    iterations.removeAll(keepingCapacity: true)
  }

  private func publish(_ summary: RunSummary, in db: Database) throws {
    let id = try db.store(run, gpuCount: summary.gpuCount)
    for table in Self.tables { try db.execute(sql: table.publication, arguments: [id]) }
    try db.store(RunResult(run, summary).values, of: id)
    try db.store(quantilesOf: summary, of: id)
  }
}
