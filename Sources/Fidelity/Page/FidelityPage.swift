import Base
import Calibration
import Pictures
import Results

/// Chapters as one document: a summary, the targets, the chapters, and the numbers that profiles were given.
public struct FidelityPage: Sendable {
  /// A piece of the document.
  enum Block {
    case heading(String, level: Int)
    case paragraph(String)
    case table(WordTable)
    /// Words, each with what is said of it.
    case list([(word: String, text: String)])
    /// A picture with the name of its file.
    case picture(Plot, name: String)
    /// A mark that is in Markdown only, for programs.
    case mark(String)
  }

  /// What is said of each experiment.
  public let chapters: [Chapter]
  private let profiles: [Profile]

  /// An engine profile with what its numbers are fitted to.
  struct Profile: Sendable {
    var name: String
    var sources: [(key: String, text: String)]
  }

  /// The page of some chapters; their profiles are read from the library.
  public init(_ chapters: [Chapter], in library: ConfigLibrary) throws {
    self.chapters = chapters
    profiles = try chapters.flatMap(\.engines).unique.map { name in
      let members = try library.load(name, .engine).member("sources")?.members ?? []
      return Profile(name: name, sources: try members.map { ($0.key, try $0.node.string()) })
    }
  }

  /// How many figures each experiment has, how far lpsim is off, and how many targets it meets.
  var summary: WordTable {
    let rows = chapters.map { chapter in
      let predicted = chapter.figures.filter { $0.role == .predicted }
      let met = chapter.targets.count(where: \.isMet)
      return [
        chapter.name, chapter.title, "\(predicted.count)",
        "\(chapter.figures.count - predicted.count + chapter.measuredKernels)",
        errors(predicted.filter { !$0.isInPoints }), errors(predicted.filter(\.isInPoints)),
        chapter.targets.isEmpty ? "none set" : "\(met) of \(chapter.targets.count)",
      ]
    }
    return WordTable(
      title: "",
      columns: [
        "experiment", "what", "predicted", "fitted", "error, %", "error, points", "targets met",
      ], rows: rows)
  }

  private func errors(_ figures: [ComparedFigure]) -> String {
    let errors = figures.errors
    guard !errors.isEmpty else { return "" }
    return [50, 90].map { decimal(percentile($0, of: errors), digits: 1) }.joined(separator: " / ")
  }

  private var targets: WordTable {
    WordTable(
      title: "", columns: ["experiment", "target", "found", ""],
      rows: chapters.flatMap { chapter in
        chapter.targets.map { [chapter.name, $0.title, $0.found, $0.isMet ? "met" : "missed"] }
      })
  }

  var blocks: [Block] {
    let intro = """
      Every published measurement we know, beside what lpsim says. `make fidelity` makes this page again \
      (`lpsim reproduce`); no simulated number on it was typed. A figure to which a number of the model or of a profile \
      was fitted is called fitted and counts in no error of the summary; all others are predictions. Errors of the \
      summary are sizes, the median and the 90th percentile: a share of what was measured or, where that is a percentage \
      or a change itself, points. Why lpsim misses is what we believe, not what we know.
      """
    let head: [Block] = [
      .heading("How true is lpsim?", level: 1), .paragraph(intro), .mark("summary"), .table(summary),
      .mark("end of summary"), .heading("Targets", level: 2), .table(targets),
    ]
    return head + chapters.flatMap(blocks) + parameters
  }

  private func blocks(of chapter: Chapter) -> [Block] {
    let pictures = chapter.plots.enumerated().map { index, plot in
      Block.picture(plot, name: "\(chapter.name)-\(index + 1)")
    }
    let why: [Block] = chapter.why.isEmpty ? [] : [.heading("Why it misses", level: 3)]
    return [.heading("\(chapter.name): \(chapter.title)", level: 2)] + chapter.summary.map { .paragraph($0) }
      + pictures + chapter.tables.map { .table($0.words) } + chapter.otherTables.map { .table($0) } + why
      + chapter.why.map { .paragraph($0) }
  }

  private var parameters: [Block] {
    guard !profiles.isEmpty else { return [] }
    let intro = "Every free number of the profiles used above, with the data it was fitted to, as the profiles say."
    return [.heading("What was fitted to what", level: 2), .paragraph(intro)]
      + profiles.flatMap { profile -> [Block] in
        [
          .heading(profile.name, level: 3),
          .list(profile.sources.map { (word: $0.key.isEmpty ? "all" : $0.key, text: $0.text) }),
        ]
      }
  }
}
