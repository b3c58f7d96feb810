import Pictures
import Results

extension Report {
  /// The page, which needs no other file: light or dark as the screen is, ready for paper.
  /// - Parameter folder: where the figures' files are, as the page's links should say it.
  public func html(figuresIn folder: String) -> String {
    let title = escaped("lpsim report: \(name)")
    return """
      <!DOCTYPE html>
      <html lang="en"><head><meta charset="utf-8"/><meta name="viewport" content="width=device-width, initial-scale=1"/>
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; \
      script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"/>
      <title>\(title)</title>
      <style>
      \(Palette.style)
      \(Page.style)</style></head><body>
      <header><p class="brand">lpsim</p><h1>\(escaped(headline))</h1><p class="sub">\(escaped(name))</p>\(contents)</header>
      <main>
      \(chapters.enumerated().map { html(of: $1, number: $0 + 1, folder) }.joined())\(missingList)</main>
      <footer><p>\(footer)</p></footer>
      <div id="tip" role="status" hidden="hidden"></div>
      <script>
      \(Page.script)</script></body></html>

      """
  }

  private var headline: String { chapters.count == 1 ? chapters[0].title : "What is in \(name)" }

  private var contents: String {
    guard chapters.count > 1 else { return "" }
    let links = chapters.enumerated().map { "<a href=\"#chapter-\($0 + 1)\">\(escaped($1.title))</a>" }
    return "\n<nav aria-label=\"Chapters\">\(links.joined())</nav>"
  }

  private var footer: String {
    let left =
      configurationsLeft == 0 ? "" : "\(configurationsLeft) older configurations are left out of the page above. "
    return left + """
      Made by <code>lpsim report</code>. Every figure is also a file of its own, with its data as CSV; moments count from \
      the beginning of the simulation, 1 kB = 1000 bytes.
      """
  }

  private func html(of chapter: Chapter, number: Int, _ folder: String) -> String {
    let heading = chapters.count == 1 ? "" : "<h2>\(escaped(chapter.title))</h2>\n"
    let verdict = chapter.verdict.isEmpty ? "" : "<p class=\"verdict\">\(kept(escaped(chapter.verdict)))</p>\n"
    return
      "<section class=\"chapter\" id=\"chapter-\(number)\">\n\(heading)<p class=\"sub\">\(escaped(chapter.subtitle))</p>\n"
      + verdict + tiles(chapter.tiles) + chapter.figures.map { html(of: $0, folder) }.joined()
      + chapter.tables.map(html).joined() + "</section>\n"
  }

  /// A number and its per cent stay on one line.
  private func kept(_ text: String) -> String {
    text.split(separator: " %", omittingEmptySubsequences: false).joined(separator: "\u{A0}%")
  }

  private func tiles(_ tiles: [Tile]) -> String {
    guard !tiles.isEmpty else { return "" }
    return "<div class=\"tiles\">\n\(tiles.map(html).joined())</div>\n"
  }

  private func html(of tile: Tile) -> String {
    let rows = tile.rows.enumerated().map { colour, row in
      let change = row.change.map {
        " <span class=\"\($0.verdict)\">\(escaped($0.text)) <small>\($0.verdict)</small></span>"
      }
      let width = grouped(row.percent, decimals: 1)
      let bar = tile.rows.count > 1 ? "<span class=\"bar b\(colour % 6)\" style=\"width:\(width)%\"></span>" : ""
      return "<dt>\(escaped(row.policy))</dt><dd><b>\(escaped(row.text))</b>\(change ?? "")\(bar)</dd>"
    }
    return """
      <div class="tile"><h3>\(escaped(tile.title)) <small>\(tile.preference)</small></h3>
      <dl>\(rows.joined(separator: "\n"))</dl></div>

      """
  }

  private func html(of figure: Figure, _ folder: String) -> String {
    let panels = figure.panels.map {
      "<div class=\"panel\">\(inlineSVG($0.drawings, label: $0.label))</div>\n"
    }
    let link = { (ending: String) in
      "<a href=\"\(escaped("\(folder)/\(figure.name).\(ending)"))\">\(ending.uppercased())</a>"
    }
    return """
      <figure id="\(escaped(figure.name))"><h3>\(escaped(figure.title))</h3>
      <figcaption>\(escaped(figure.caption)) <span class="files">\(link("svg")) \(link("csv"))</span></figcaption>
      <div class="panels">
      \(panels.joined())</div></figure>

      """
  }

  private func html(of table: Chapter.Table) -> String {
    let head = table.columns.map { "<th scope=\"col\">\(escaped($0))</th>" }.joined()
    let body = table.rows.map { row -> String in
      guard row.cells.count > 1 else {
        return
          "<tr class=\"group\"><th colspan=\"\(table.columns.count)\" scope=\"colgroup\">\(escaped(row.cells[0]))</th></tr>\n"
      }
      let name = row.cells[0]
      let kind = name.hasPrefix("  ") ? " class=\"part\"" : ""
      let metric = row.metric.map { " data-metric=\"\($0)\"" } ?? ""
      return "<tr\(metric)\(kind)><th scope=\"row\">\(escaped(name))</th>"
        + row.cells.dropFirst().map { "<td>\(escaped($0))</td>" }.joined() + "</tr>\n"
    }
    return """
      <figure class="table"><h3>\(escaped(table.title))</h3><div class="scroll"><table>
      <thead><tr>\(head)</tr></thead><tbody>
      \(body.joined())</tbody></table></div></figure>

      """
  }

  private var missingList: String {
    guard !missing.isEmpty else { return "" }
    let items = missing.map {
      "<li>\(escaped($0.title)): <code>\(escaped($0.command))</code></li>"
    }
    return "<aside><h3>Not in this database</h3><ul>\(items.joined())</ul></aside>\n"
  }
}
