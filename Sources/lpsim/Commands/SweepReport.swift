import Base
import Calibration
import Results

/// What a sweep found, as tables, files and JSON.
struct SweepReport {
  private static let mostFailures = 20

  private let path: String
  private let results: SweepResults
  private let tally: SweepRecorder.Tally?

  /// Of a database.
  /// - Parameter tally: what was done just now; nil if nothing was.
  init(_ path: String, tally: SweepRecorder.Tally? = nil) throws {
    self.path = path
    self.tally = tally
    results = try SweepResults(path: path)
  }

  private var sweep: Sweep { results.sweep }

  /// Writes the tables of all points and of each frontier, and pictures of those with two objectives.
  /// - Returns: the files.
  func writeFiles(to folder: String?) throws -> [String] {
    let folder = folder ?? parent(of: path)
    let start = folder.isEmpty ? "" : "\(folder)/"
    var files = [("\(start)\(sweep.name).csv", results.csv)]
    for frontier in sweep.frontiers {
      let name = start + results.fileName(of: frontier)
      files.append(("\(name).csv", results.csv(of: frontier)))
      if let picture = picture(of: frontier) { files.append(("\(name).svg", picture)) }
    }
    for (file, text) in files {
      try OutputFile.write(to: file) { write in try write(Array(text.utf8).span) }
    }
    return files.map(\.0)
  }

  /// Says what was found, and on standard error which points failed and where all is.
  func show(files: [String], asJSON: Bool) throws {
    try Terminal.print(asJSON ? json(files) : counts + sweep.frontiers.map(table).joined())
    let failed = results.failed
    for point in failed.prefix(Self.mostFailures) {
      Terminal.note("point \(point.number) (\(sweep.summary(of: point.number))) failed: \(point.error ?? "")")
    }
    if failed.count > Self.mostFailures { Terminal.note("and \(failed.count - Self.mostFailures) more") }
    Terminal.note("saved in \(([path] + files).joined(separator: ", "))")
  }

  private var counts: String {
    let done = results.points.count - results.failed.count
    let now = tally.map { ", \($0.simulated) of them now" } ?? ""
    let failed = results.failed.isEmpty ? "" : ", \(results.failed.count) failed"
    return "\(sweep.name): \(done) of \(sweep.pointCount) points simulated\(now)\(failed)\n"
  }

  /// Who owns a frontier, stretch by stretch.
  private func table(of frontier: SweepFrontier) -> String {
    let rows = results.stretches(of: frontier).map { stretch in
      stretch.group + [stretch.policy, "\(stretch.points.count)"]
        + frontier.objectives.map { objective in
          let values = stretch.points.compactMap { $0.value(of: objective.metric) }
          return [values.first, values.count > 1 ? values.last : nil].compactMap { $0.map(decimal) }
            .joined(separator: " … ")
        }
    }
    let titles = frontier.keys + ["policy", "points"] + frontier.objectives.map(\.metric.name)
    return "\nFrontier \(frontier.name)\n" + lpsim.table(titles, rows)
  }

  /// All points of each group by their first two objectives, and each policy's own frontier as a line.
  private func picture(of frontier: SweepFrontier) -> String? {
    let groups = results.groups(of: frontier)
    guard frontier.objectives.count == 2 else { return nil }
    let plots = groups.compactMap { plot(of: frontier, $0.values, $0.points) }
    return plots.isEmpty ? nil : Plot.svg(plots)
  }

  private func plot(of frontier: SweepFrontier, _ values: [String], _ points: [SweepResults.Point]) -> Plot? {
    let metrics = frontier.objectives.map(\.metric)
    func places(_ points: [SweepResults.Point]) -> [(x: Double, y: Double)] {
      points.compactMap { point in
        guard let x = point.value(of: metrics[0]), let y = point.value(of: metrics[1]) else { return nil }
        return (x, y)
      }
    }
    let all = places(points)
    guard !all.isEmpty else { return nil }
    let policies = points.compactMap(\.policy).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
    let series = policies.enumerated().flatMap { colour, policy in
      let own = points.filter { $0.policy == policy }
      return [
        Plot.Series(policy, .points, colour: colour, places(own)),
        Plot.Series("", .line, colour: colour, places(results.frontier(frontier, among: own))),
      ]
    }
    func axis(_ values: [Double], _ title: String) -> PlotScale {
      PlotScale(values.allSatisfy { $0 > 0 } ? .logarithmic : .linear, around: values, title: title)
    }
    let title = zip(frontier.keys, values).map { "\($0) \($1)" }.joined(separator: ", ")
    return Plot(
      ([sweep.name] + (title.isEmpty ? [] : [title])).joined(separator: ", "), axis(all.map(\.x), metrics[0].name),
      axis(all.map(\.y), metrics[1].name), series)
  }

  private func json(_ files: [String]) -> String {
    let failures = results.failed.map {
      "{\"point\": \($0.number), \"error\": \(jsonString($0.error ?? ""))}"
    }
    let fields = [
      ("lpsim", jsonString(Program.version)), ("sweep", jsonString(sweep.name)), ("points", "\(sweep.pointCount)"),
      ("done", "\(results.points.count - failures.count)"), ("simulated", "\(tally?.simulated ?? 0)"),
      ("stored", "\(tally?.stored ?? 0)"), ("failed", "[\(failures.joined(separator: ", "))]"),
      ("database", jsonString(path)), ("files", "[\(files.map(jsonString).joined(separator: ", "))]"),
    ]
    return "{\n" + fields.map { "  \(jsonString($0)): \($1)" }.joined(separator: ",\n") + "\n}\n"
  }
}
