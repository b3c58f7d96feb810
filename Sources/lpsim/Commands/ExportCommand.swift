import ArgumentParser
import Base

/// `lpsim export`.
struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Writes the points and frontiers of a sweep's database as CSV, and pictures of the frontiers.",
    discussion: """
      Writes SWEEP.csv with every point, and for each frontier SWEEP-FRONTIER.csv (SWEEP-pareto.csv if there is but one) \
      and, if it has two objectives and at most twelve parts, the picture SWEEP-FRONTIER.svg.

      EXAMPLES
        lpsim sweep small-qwen3
        lpsim export results/small-qwen3.sqlite
      """)

  @Argument(
    help: ArgumentHelp("A database that lpsim sweep or lpsim merge made.", valueName: "file.sqlite"),
    completion: .file(extensions: ["sqlite"]))
  var database: String

  @Option(help: ArgumentHelp("Where to (default: beside the database).", valueName: "folder"), completion: .directory)
  var out: String?

  func run() throws {
    let report = try SweepReport(database)
    try report.show(files: report.writeFiles(to: out), asJSON: false)
  }
}
