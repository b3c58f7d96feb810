import ArgumentParser
import Base
import Reporting
import Results

/// `lpsim report`.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Makes one HTML page of a database, with its figures and their data beside it.",
    discussion: """
      The page needs no network and no other file. It shows what the database holds: of runs the metrics, distributions, \
      energy and memory traffic, with --record iterations also what went on over time; of a sweep its frontiers and the \
      service level against the rate. NAME-figures/ has every figure as SVG and its data as CSV.

      EXAMPLES
        lpsim run qwen3-30b --trace arxiv --record iterations --out mine.sqlite
        lpsim report mine.sqlite
        lpsim report mine.sqlite --out page.html --json
      """)

  @Argument(
    help: ArgumentHelp("A database that lpsim run or lpsim sweep made.", valueName: "file.sqlite"),
    completion: .file(extensions: ["sqlite"]))
  var database: String

  @Option(
    help: ArgumentHelp("The page (default: the database's name with .html).", valueName: "file.html"),
    completion: .file(extensions: ["html"]))
  var out: String?

  @Flag(help: "Print the names of the files as one JSON object.")
  var json = false

  func run() throws {
    let page = out ?? without(".sqlite", database) + ".html"
    let report = try Report(of: ResultsFile(path: database))
    let folder = without(".html", page) + "-figures"
    try makeFolder(folder)
    var files: [(path: String, text: String)] = []
    for figure in report.figures {
      files.append(("\(folder)/\(figure.name).svg", figure.svg))
      files.append(("\(folder)/\(figure.name).csv", figure.csv))
    }
    let link = folder.split(separator: "/").last.map(String.init) ?? folder
    files.append((page, report.html(figuresIn: link)))
    for file in files { try OutputFile.write(file.text, to: file.path) }
    if json {
      let figures = files.dropLast().map { jsonString($0.path) }.joined(separator: ", ")
      try Terminal.print("{\"page\": \(jsonString(page)), \"figures\": [\(figures)]}\n")
    } else {
      Terminal.note("the page is \(page), its figures are in \(folder)")
    }
  }

  private func without(_ ending: String, _ name: String) -> String {
    name.hasSuffix(ending) ? String(name.dropLast(ending.count)) : name
  }
}
