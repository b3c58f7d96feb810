import Base
import Reporting
import Results

/// What a sweep found, as tables, files and JSON.
struct SweepReport {
  private static let mostFailures = 20
  private static let mostRows = 40

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

  /// Writes the tables of all points and of each frontier, and pictures of those that can be drawn.
  /// - Returns: the files.
  func writeFiles(to folder: String?) throws -> [String] {
    let folder = folder ?? parent(of: path)
    let start = folder.isEmpty ? "" : "\(folder)/"
    var files = [("\(start)\(sweep.name).csv", results.csv)]
    for frontier in sweep.frontiers {
      let name = start + results.fileName(of: frontier)
      files.append(("\(name).csv", results.csv(of: frontier)))
      if let picture = Frontiers.figure(of: frontier, in: results)?.svg { files.append(("\(name).svg", picture)) }
    }
    for (file, text) in files { try OutputFile.write(text, to: file) }
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
    let (titles, rows) = results.stretchTable(of: frontier, format: decimal)
    let left = rows.count - Self.mostRows
    let more = left > 0 ? "and \(left) more in \(results.fileName(of: frontier)).csv\n" : ""
    return "\nFrontier \(frontier.name)\n" + lpsim.table(titles, Array(rows.prefix(Self.mostRows))) + more
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
