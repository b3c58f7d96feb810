import Base
import TestSupport
import Testing

@testable import Results

/// docs/data.md against the schema.
@Suite struct DataDocumentTests {
  @Test func theDocumentHasEveryColumnOfEveryTableAndView() throws {
    let scratch = try Scratch()
    let path = scratch.path("runs.sqlite")
    _ = try RunStore(path: path)
    let schema = try rows(
      path,
      """
      SELECT '### `' || list.name || '`', '| `' || info.name || '` | ' || info.type || ' | '
      FROM pragma_table_list AS list JOIN pragma_table_info(list.name) AS info
      WHERE list.type IN ('table', 'view') AND list.name NOT LIKE 'sqlite_%'
      ORDER BY list.name, info.cid
      """
    ).map { $0.split(separator: "|", maxSplits: 1).map(String.init) }
    let sections = try readTextFile(projectFile("docs/data.md")).split(separator: "\n### ").dropFirst()
    for section in sections.sorted() {
      let lines = section.split(separator: "\n").map(String.init)
      let documented = lines.filter { $0.hasPrefix("| `") }
      let columns = schema.filter { $0[0] == "### " + lines[0] }.map { $0[1] }
      #expect(documented.count == columns.count, "\(lines[0])")
      for (line, column) in zip(documented, columns) { #expect(line.hasPrefix(column), "\(lines[0])") }
    }
    #expect(Set(schema.map { $0[0] }) == Set(sections.map { "### " + $0.prefix { $0 != "\n" } }))
  }
}

/// docs/metrics.md against the catalogue.
@Suite struct DocumentTests {
  private let document: String

  init() throws {
    let root = "\(#filePath)".split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
    document = try readTextFile(root + "/docs/metrics.md")
  }

  @Test func theDocumentListsTheCatalogueInItsOrder() {
    let rows = document.split(separator: "\n").filter { $0.hasPrefix("| `") }.map(String.init)
    let expected = Metric.all.map { "| `\($0.name)` | \($0.unit.rawValue) | \($0.formula) | \($0.description) |" }
    #expect(rows == expected, "docs/metrics.md should hold:\n\(expected.joined(separator: "\n"))")
  }

  @Test func everySymbolOfAFormulaIsExplained() {
    let glossary = document.split(separator: "\n").filter { $0.hasPrefix("| ") && !$0.hasPrefix("| `") }
      .map { $0.split(separator: "|")[0] }.joined(separator: ",")
    let known = Set(glossary.split { ", ".contains($0) }.map(String.init)).union(["class", "component"])
    let words = Set(["mean", "p50", "p90", "p99", "max", "of", "less", "its", "link", "all", "1", "100", "1000"])
    for metric in Metric.all {
      let symbols = metric.formula.split { " ()·/+−=".contains($0) }.map(String.init)
      for symbol in symbols where !words.contains(symbol) {
        let stem = symbol.split(separator: ",")[0]
        let isSum = stem.hasPrefix("Σ_") || stem.hasPrefix("max_") || stem.hasPrefix("min_")
        #expect(isSum || stem == "class" || known.contains(String(stem)), "\(metric.name): \(symbol)")
      }
    }
  }
}
