import Base
import Pictures
import Results

/// What a results file holds, as a page that a newcomer understands.
public struct Report: Sendable {
  /// More comparisons below each other nobody reads.
  private static let mostComparisons = 6

  /// The file's name without its folder.
  public let name: String
  /// Its parts.
  public let chapters: [Chapter]
  /// How many configurations are left out.
  let configurationsLeft: Int

  /// The report of a file.
  public init(of file: ResultsFile) throws {
    name = file.path.split(separator: "/").last.map(String.init) ?? file.path
    let configurations = distinct(file.runs.map(\.result.run.configHash)).reversed()
    var chapters = configurations.count > 1 ? [try Chapter(overviewOf: file)] : []
    if let sweep = file.sweep { chapters.append(try Chapter(of: sweep)) }
    for hash in configurations.prefix(Self.mostComparisons) {
      let runs = file.runs.filter { $0.result.run.configHash == hash }
      let ordered = runs.sorted {
        ($0.result.run.policyIndex, $0.id) < ($1.result.run.policyIndex, $1.id)
      }
      chapters.append(try Chapter(comparing: ordered, in: file))
    }
    configurationsLeft = max(0, configurations.count - Self.mostComparisons)
    self.chapters = chapters.enumerated().map { number, chapter in
      var chapter = chapter
      if chapters.count > 1 {
        for index in chapter.figures.indices { chapter.figures[index].name += "-\(number + 1)" }
      }
      return chapter
    }
  }

  /// Sorts of figures that no chapter has, with the commands that record what they need.
  var missing: [(title: String, command: String)] {
    figureKinds.filter { kind in !figures.contains { $0.name.hasPrefix(kind.name) } }.map { ($0.title, $0.command) }
  }

  /// All figures, in the order of the page.
  public var figures: [Figure] { chapters.flatMap(\.figures) }
}
