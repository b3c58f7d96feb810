import ArgumentParser
import Base
import Results

/// `lpsim merge`.
struct MergeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge",
    abstract: "Joins the databases that the shards of one sweep made.",
    discussion: """
      Takes the points of all files into the first, all or none: a point that two files have must be the same in both.

      EXAMPLES
        lpsim sweep small-qwen3 --shard 1/2 --out first.sqlite
        lpsim sweep small-qwen3 --shard 2/2 --out second.sqlite
        lpsim merge both.sqlite first.sqlite second.sqlite
      """)

  @Argument(
    help: ArgumentHelp("The database that takes them; made if it is not there.", valueName: "out"),
    completion: .file(extensions: ["sqlite"]))
  var out: String

  @Argument(
    help: ArgumentHelp("Databases that lpsim sweep made.", valueName: "in"), completion: .file(extensions: ["sqlite"]))
  var inputs: [String]

  func run() throws {
    let (added, path) = try DatabaseFile(out, name: out).withStore { try $0.merge(inputs) }
    let results = try SweepResults(path: path)
    try Terminal.print(
      "\(results.sweep.name): \(results.points.count) of \(results.sweep.pointCount) points, \(added) of them new\n")
    Terminal.note("saved in \(path)")
  }
}
