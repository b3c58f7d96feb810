import Pictures
import Results

/// What a chapter of the report is about.
public enum Subject: Sendable {
  /// Runs of one configuration under different policies.
  case comparison([ResultsFile.Run], in: ResultsFile)
  /// Runs that differ in their rates.
  case rates([RateCurve])
  /// A sweep.
  case sweep(SweepResults)
}

/// A picture of the report, what it says, and the data in it.
public struct Figure: Sendable {
  /// Pictures below each other that the page shows as one, with a name for those who do not see them.
  public struct Panel: Sendable {
    /// What is seen.
    public var label: String
    /// The pictures from top to bottom.
    public var drawings: [any Drawing]

    /// Pictures.
    public init(_ label: String, _ drawings: [any Drawing]) {
      self.label = label
      self.drawings = drawings
    }
  }

  /// What its files are called, without their endings.
  public var name: String
  /// What it shows.
  public var title: String
  /// How to read it, and what to look for.
  public var caption: String
  /// What is drawn.
  public var panels: [Panel]
  /// The names of its data's columns, units included.
  public var columns: [String]
  /// Its data: what is drawn, unrounded.
  public var rows: [[String]]

  /// All panels as an SVG file.
  public var svg: String { Plot.svg(panels.flatMap(\.drawings)) }

  /// The data as CSV.
  public var csv: String { csvText([columns] + rows) }
}

/// A sort of figure: what it makes of a subject.
protocol FigureKind: Sendable {
  /// What it shows.
  static var title: String { get }
  /// How the names of its figures begin.
  static var name: String { get }
  /// The command that records what it needs.
  static var command: String { get }
  /// Its figures of a subject; none where that does not hold what it needs.
  static func figures(of subject: Subject) throws -> [Figure]
}

/// Every sort of figure, in the order of the page.
let figureKinds: [any FigureKind.Type] = [
  Distributions.self, Frontiers.self, Attainment.self, WorkByClass.self, Timelines.self, TokenGeneration.self,
]

/// Words in the order of their first appearance, each once.
func distinct(_ words: [String]) -> [String] {
  words.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
}

/// A word that begins a sentence.
func capitalised(_ word: String) -> String { word.prefix(1).uppercased() + word.dropFirst() }
