import Calibration
import Pictures
import Results

extension FidelityPage {
  /// A picture's file, and what is in it.
  public struct Picture: Sendable {
    /// The name of its file.
    public var file: String
    /// The SVG.
    public var svg: String
  }

  /// The pictures that the Markdown shows.
  public var pictures: [Picture] {
    blocks.compactMap { block in
      guard case .picture(let plot, let name) = block else { return nil }
      return Picture(file: "\(name).svg", svg: Plot.svg([plot]))
    }
  }

  /// The page in Markdown, with pictures in this folder.
  public func markdown(picturesIn folder: String) -> String {
    "<!-- Made by lpsim reproduce: make fidelity -->\n\n"
      + blocks.map { block -> String in
        switch block {
        case .heading(let text, let level): String(repeating: "#", count: level) + " " + text + "\n"
        case .paragraph(let text): text + "\n"
        case .table(let table): table.markdown
        case .list(let items): items.map { "- **\($0.word)**: \($0.text)\n" }.joined()
        case .picture(let plot, let name): "![\(plot.title)](\(folder)/\(name).svg)\n"
        case .mark(let name): "<!-- \(name) -->\n"
        }
      }.joined(separator: "\n")
  }

  /// The page in one HTML file that needs nothing else, light or dark as the reader's screen is.
  public var html: String {
    let body = blocks.map { block -> String in
      switch block {
      case .heading(let text, let level): "<h\(level)>\(escaped(text))</h\(level)>\n"
      case .paragraph(let text): "<p>\(Self.coded(text))</p>\n"
      case .table(let table): "<div class=\"wide\">\(table.html)</div>\n"
      case .list(let items):
        "<ul>\n\(items.map { "<li><b>\(escaped($0.word))</b>: \(Self.coded($0.text))</li>\n" }.joined())</ul>\n"
      case .picture(let plot, _): "<figure>\n\(Plot.svg([plot]))</figure>\n"
      case .mark: ""
      }
    }.joined()
    return """
      <!DOCTYPE html>
      <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
      <title>How true is lpsim?</title>
      <style>
      :root { color-scheme: light dark; } body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
      body { background: #ffffff; color: #222222; } table { border-collapse: collapse; font-size: 0.8rem; margin: 1rem 0; }
      th, td { text-align: left; padding: 0.2rem 0.6rem; border-bottom: 1px solid #88888855; vertical-align: top; }
      caption { text-align: left; font-weight: 600; padding: 0.3rem 0; } .wide { overflow-x: auto; } figure { margin: 1rem 0; max-width: 45rem; }
      @media (prefers-color-scheme: dark) { body { background: #16181d; color: #e6e6e6; } }
      </style></head><body>
      \(body)</body></html>

      """
  }

  /// A paragraph with what stands between back quotes as code.
  private static func coded(_ text: String) -> String {
    text.split(separator: "`", omittingEmptySubsequences: false).enumerated().map { index, part in
      index.isMultiple(of: 2) ? escaped(String(part)) : "<code>\(escaped(String(part)))</code>"
    }.joined()
  }

  /// What stands on a terminal, piece by piece: the caller breaks lines and draws tables.
  public enum Piece {
    /// A line by itself.
    case line(String)
    /// A text of any length.
    case text(String)
    /// A table.
    case table(WordTable)
  }

  /// The page for a terminal.
  public var pieces: [Piece] {
    blocks.flatMap { block -> [Piece] in
      switch block {
      case .heading(let text, _): [.line(text)]
      case .paragraph(let text): [.text(text)]
      case .table(let table): [.table(table)]
      case .list(let items): items.map { .text("\($0.word): \($0.text)") }
      case .picture, .mark: []
      }
    }
  }
}
