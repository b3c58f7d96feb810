import Results

/// A part of the report: what it is about, in words, tables and figures.
public struct Chapter: Sendable {
  /// A table of the page: rows of cells, the first one a name.
  struct Table {
    let title: String
    let columns: [String]
    /// Each row with the metric that it shows, if it shows one.
    let rows: [(metric: String?, cells: [String])]
  }

  /// What it is about.
  public let title: String
  /// What everything in it shares.
  public let subtitle: String
  /// What it comes to.
  public let verdict: String
  let tiles: [Tile]
  let tables: [Table]
  /// Its figures.
  public internal(set) var figures: [Figure]

  private init(
    _ title: String, _ subtitle: String, _ verdict: String, tiles: [Tile] = [], _ tables: [Table], _ subject: Subject
  ) throws {
    self.title = title
    self.subtitle = subtitle
    self.verdict = verdict
    self.tiles = tiles
    self.tables = tables
    figures = try figureKinds.flatMap { try $0.figures(of: subject) }
  }
}

extension Chapter {
  /// Runs of one configuration, beside each other.
  init(comparing runs: [ResultsFile.Run], in file: ResultsFile) throws {
    let results = runs.map(\.result)
    let run = results[0].run
    let limits = run.serviceLevel
    let facts = [
      "seed \(run.seed)",
      "limits: TTFT \(exact(limits.timeToFirstToken.seconds)) s, "
        + "TBT \(exact(limits.timeBetweenTokens.milliseconds)) ms",
      "configuration \(run.configHash.prefix(8))", "lpsim \(run.programVersion)",
    ]
    try self.init(
      "\(run.name): \(Self.place(of: run))", facts.joined(separator: " · "), Results.verdict(results),
      tiles: Tile.all(of: results), [Self.comparison(of: results)], .comparison(runs, in: file))
  }

  /// All runs of a file, one line each.
  init(overviewOf file: ResultsFile) throws {
    let metrics = [
      "requests_completed", "ttft_p50_ms", "ttft_p99_ms", "tbt_p99_ms", "slo_attainment_pct", "goodput_rps",
      "energy_per_token_mj",
    ].map(Metric.named)
    let columns =
      ["trace", "rate", "seed", "policy"]
      + metrics.map { metric in
        [metric.title, metric.unit.rawValue].filter { !$0.isEmpty }.joined(separator: ", ")
      }
    let rows = file.runs.map(\.result).map { result -> (metric: String?, cells: [String]) in
      let run = result.run
      let name = [run.trace, run.rate.map(exact) ?? "–", "\(run.seed)", run.policy]
      return (nil, name + metrics.map { metric in result[metric.name].map(readable) ?? "–" })
    }
    try self.init(
      "All runs", "\(file.runs.count) runs of \(distinct(file.runs.map(\.result.run.configHash)).count) configurations",
      "", [Table(title: "Every run", columns: columns, rows: rows)], .rates(file.rateCurves()))
  }

  /// A sweep.
  init(of results: SweepResults) throws {
    let sweep = results.sweep
    let failed = results.failed.count
    let failure =
      failed == 0 ? "" : "\(failed) of \(sweep.pointCount) points failed; the table point of the database says why."
    let tables = sweep.frontiers.map { frontier in
      let (titles, rows) = results.stretchTable(of: frontier, format: readable)
      return Table(
        title: "Who owns frontier \(frontier.name), stretch by stretch", columns: titles, rows: rows.map { (nil, $0) })
    }
    try self.init(
      "Sweep \(sweep.name)", "\(results.points.count - failed) of \(sweep.pointCount) points simulated",
      (sweep.frontiers.prefix(1).map { Self.owners(of: $0, in: results) } + [failure].filter { !$0.isEmpty })
        .joined(separator: "\n"), tables, .sweep(results))
  }

  /// Which policy has how many of the points that no other one beats.
  private static func owners(of frontier: SweepFrontier, in results: SweepResults) -> String {
    let stretches = results.stretches(of: frontier)
    let shares = distinct(stretches.map(\.policy)).map { policy in
      (policy, stretches.filter { $0.policy == policy }.reduce(0) { $0 + $1.points.count })
    }.sorted { $0.1 > $1.1 }
    let all = shares.reduce(0) { $0 + $1.1 }
    let goals = frontier.objectives.map { "\($0.isMaximized ? "more" : "less") \($0.metric.title)" }
    return "Of the \(all) points that no other one beats (\(goals.joined(separator: ", "))), "
      + shares.map { "\($0.0) has \($0.1)" }.joined(separator: ", ") + "."
  }

  private static func place(of run: RunDescription) -> String {
    run.trace + (run.rate.map { " at \(exact($0)) \($0 == 1 ? "request" : "requests") a second" } ?? "")
  }

  /// Every metric, as the terminal shows it.
  private static func comparison(of results: [RunResult]) -> Table {
    var rows: [(metric: String?, cells: [String])] = []
    for group in Metric.Group.allCases {
      let isMetered = group != .energy || results.contains { $0["energy_j"] != nil }
      rows.append((nil, [group.rawValue + (isMetered ? "" : ": not metered")]))
      guard isMetered else { continue }
      rows += Metric.all.enumerated().filter { $1.group == group }.map { index, metric in
        (metric.name, comparisonRow(metric.title, metric.unit, results.map { $0.values[index] }))
      }
    }
    let columns = ["metric", "unit"] + results.map(\.run.policy) + (results.count == 2 ? ["change"] : [])
    return Table(title: "Every metric", columns: columns, rows: rows)
  }
}
