import Base
import GRDB
import Sim

extension Database {
  /// Stores a run in the place of an earlier one of the same policy on the same configuration.
  /// - Returns: its number in the file.
  func store(_ run: RunDescription, gpuCount: Int) throws -> Int64 {
    let earlier = try Int64.fetchOne(
      cachedStatement(sql: "SELECT id FROM main.run WHERE config_hash = ? AND policy = ?"),
      arguments: [run.configHash, run.policy])
    if let earlier { try execute(sql: "DELETE FROM main.run WHERE id = ?", arguments: [earlier]) }
    let runRow = try cachedStatement(
      sql: """
        INSERT INTO main.run (id, config_hash, policy, policy_index, name, trace, rate_rps, seed, slo_ttft_ms, slo_tbt_ms,
          gpus, config, config_files, program_version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """)
    try runRow.execute(arguments: [
      earlier, run.configHash, run.policy, run.policyIndex, run.name, run.trace, run.rate, run.seed,
      run.serviceLevel.timeToFirstToken.milliseconds, run.serviceLevel.timeBetweenTokens.milliseconds, gpuCount,
      run.config, run.filesJSON, run.programVersion,
    ])
    return lastInsertedRowID
  }

  /// Stores the metrics of a run.
  func store(_ values: [Double?], of run: Int64) throws {
    let metricRow = try cachedStatement(sql: "INSERT INTO main.metric (run, name, unit, value) VALUES (?, ?, ?, ?)")
    for (metric, value) in zip(Metric.all, values) {
      try metricRow.execute(arguments: [run, metric.name, metric.unit.rawValue, value])
    }
  }

  /// Stores the distributions of a run's times, in the order of the table's key, which packs its pages.
  func store(quantilesOf summary: RunSummary, of run: Int64) throws {
    let row = try cachedStatement(sql: "INSERT INTO main.quantile (run, metric, percent, ms) VALUES (?, ?, ?, ?)")
    for metric in TimeMetric.allCases.sorted(by: { $0.rawValue < $1.rawValue }) {
      let times = summary[keyPath: metric.times]
      for percent in TimeMetric.percents {
        guard let time = times.percentile(percent) else { continue }
        try row.execute(arguments: [run, metric.rawValue, percent, time.value * 1e3])
      }
    }
  }
}

extension RunDescription {
  /// The files as one JSON object: name to hash.
  fileprivate var filesJSON: String {
    "{" + files.map { "\(jsonString($0.name)): \(jsonString($0.contentHash))" }.joined(separator: ", ") + "}"
  }
}
