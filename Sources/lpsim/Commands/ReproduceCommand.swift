import ArgumentParser
import Base
import Fidelity

/// `lpsim reproduce`.
struct ReproduceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reproduce",
    abstract: "Prints every published measurement beside what lpsim says, with the error.",
    discussion: """
      EXAMPLES
        lpsim reproduce --only fig2
        lpsim reproduce --only fig2 h200 --html fidelity.html
      All of it, as docs/fidelity.md shows it, takes a minute or two:
        make fidelity
      """)

  private static let names = reproductions.map { $0.name }

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Only these: \(names.joined(separator: ", ")).", valueName: "name"), completion: .list(names))
  var only: [String] = []

  @Option(help: ArgumentHelp("Write one page that needs nothing else.", valueName: "file.html"))
  var html: String?

  @Option(help: ArgumentHelp("Write the page, and pictures to images/fidelity beside it.", valueName: "file.md"))
  var out: String?

  @Flag(help: "Print every figure as one JSON object.")
  var json = false

  func run() async throws {
    Interrupt.listen()
    let page = try await page(in: .standard())
    if let html { try OutputFile.write(page.html, to: html) }
    if let out { try write(page, to: out) }
    if json {
      try Terminal.print(page.json.prettyJSON() + "\n")
    } else if html == nil, out == nil {
      try Terminal.print(text(of: page))
    }
  }

  private func page(in library: ConfigLibrary) async throws -> FidelityPage {
    for name in only where !Self.names.contains(name) {
      throw InputError.unknown("experiment", name, among: Self.names, status: .usage, file: "--only")
    }
    let chosen = try reproductions.filter { only.isEmpty || only.contains($0.name) }.map { try $0.init(in: library) }
    let runs = chosen.flatMap(\.runs)
    var bar = ProgressBar("simulating", total: Laboratory.requests(of: runs))
    let outcomes = try await Laboratory(library).outcomes(of: runs) { served in
      try Interrupt.check()
      bar.show(requests: served)
    }
    bar.clear()
    return try FidelityPage(chosen.map { try $0.chapter(from: outcomes) }, in: library)
  }

  private func write(_ page: FidelityPage, to path: String) throws {
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    for part in ["images", "images/fidelity"] { try makeFolder(folder + part) }
    for picture in page.pictures { try OutputFile.write(picture.svg, to: "\(folder)images/fidelity/\(picture.file)") }
    try OutputFile.write(page.markdown(picturesIn: "images/fidelity"), to: path)
  }

  private func text(of page: FidelityPage) -> String {
    page.pieces.map { piece in
      switch piece {
      case .line(let line): line + "\n"
      case .text(let text): wrapped(text) + "\n"
      case .table(let words):
        (words.title.isEmpty ? "" : words.title + "\n") + table(words.columns, words.rows)
      }
    }.joined(separator: "\n")
  }
}
