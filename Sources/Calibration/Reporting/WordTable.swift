import Pictures

/// A table of words.
public struct WordTable: Hashable, Sendable {
  /// What it shows; empty if the text around it says that.
  public var title: String
  /// Its columns.
  public var columns: [String]
  /// Its rows.
  public var rows: [[String]]

  /// A table.
  public init(title: String, columns: [String], rows: [[String]]) {
    self.title = title
    self.columns = columns
    self.rows = rows
  }

  /// The table in Markdown.
  public var markdown: String {
    let rule = "|" + columns.map { _ in "---|" }.joined()
    let lines = ["| \(columns.joined(separator: " | ")) |", rule] + rows.map { "| \($0.joined(separator: " | ")) |" }
    return (title.isEmpty ? "" : "**\(title)**\n\n") + lines.joined(separator: "\n") + "\n"
  }

  /// The table in HTML.
  public var html: String {
    func row(_ cells: [String], _ tag: String) -> String {
      "<tr>" + cells.map { "<\(tag)>\(escaped($0))</\(tag)>" }.joined() + "</tr>\n"
    }
    let caption = title.isEmpty ? "" : "<caption>\(escaped(title))</caption>\n"
    return "<table>\n\(caption)\(row(columns, "th"))\(rows.map { row($0, "td") }.joined())</table>\n"
  }
}
