/// A table of text for a terminal: columns as wide as their widest cell, two blanks apart.
public struct TextTable: Sendable {
  /// The side of a column that its cells stand at.
  public enum Alignment: Sendable {
    /// Words.
    case left
    /// Numbers.
    case right
  }

  private enum Line {
    case cells([String])
    case heading(String)
  }

  private let titles: [String]
  private let alignments: [Alignment]
  private var lines: [Line] = []

  /// A table of columns with these titles.
  public init(_ columns: [(title: String, alignment: Alignment)]) {
    titles = columns.map(\.title)
    alignments = columns.map(\.alignment)
  }

  /// Adds a row, one cell a column.
  public mutating func add(_ cells: [String]) {
    precondition(cells.count == titles.count, "a row has one cell for each column")
    lines.append(.cells(cells))
  }

  /// Adds a line of its own above a group of rows; it does not widen any column.
  public mutating func addHeading(_ heading: String) { lines.append(.heading(heading)) }

  /// The table, each line ended by a newline, without blanks at line ends.
  public var text: String {
    let widths = titles.indices.map { column in
      max(titles[column].count, cellRows.map { $0[column].count }.max() ?? 0)
    }
    let rule = String(repeating: "─", count: widths.reduce(0, +) + 2 * max(0, widths.count - 1))
    var text = line(titles, widths) + rule + "\n"
    for entry in lines {
      switch entry {
      case .cells(let cells): text += line(cells, widths)
      case .heading(let heading): text += heading + "\n"
      }
    }
    return text
  }

  private var cellRows: [[String]] {
    lines.compactMap { if case .cells(let cells) = $0 { cells } else { nil } }
  }

  private func line(_ cells: [String], _ widths: [Int]) -> String {
    var line = ""
    for (column, cell) in cells.enumerated() {
      let padding = String(repeating: " ", count: widths[column] - cell.count)
      line += (column > 0 ? "  " : "") + (alignments[column] == .left ? cell + padding : padding + cell)
    }
    while line.last == " " { line.removeLast() }
    return line + "\n"
  }
}
