import Base
import TestSupport
import Testing

/// `lpsim report`.
struct ReportTests {
  private let sandbox: Sandbox

  init() throws { sandbox = try Sandbox() }

  @Test func aRunBecomesAPageAndItsFiguresFiles() throws {
    _ = try sandbox.lpsim(words: "run \(paperConfig) --trace arxiv --requests 5 --record iterations --out r.sqlite")
    let report = try sandbox.lpsim("report", "r.sqlite")
    #expect(report.status == 0 && report.out == "")
    #expect(report.errors == "the page is r.html, its figures are in r-figures\n")
    let page = try sandbox.read("r.html")
    #expect(page.contains("<h1>qwen3-30b: arxiv at 1.3 requests a second</h1>"))
    let names = ["distributions", "work", "timelines", "tokens"]
    for name in names {
      #expect(page.contains("<figure id=\"\(name)\">") && page.contains("href=\"r-figures/\(name).svg\""))
      #expect(try sandbox.read("r-figures/\(name).svg").hasPrefix("<svg "))
      #expect(try sandbox.read("r-figures/\(name).csv").split(separator: "\n").count > 10)
    }
    let other = try sandbox.lpsim("report", "r.sqlite", "--out", "page.html", "--json")
    let files = names.flatMap { ["\"page-figures/\($0).svg\"", "\"page-figures/\($0).csv\""] }
    #expect(
      other
        == Outcome(
          status: 0, out: "{\"page\": \"page.html\", \"figures\": [\(files.joined(separator: ", "))]}\n", errors: ""))
    #expect(
      try sandbox.read("page.html") == page.split(separator: "r-figures/").joined(separator: "page-figures/"))
  }

  @Test func whatHoldsNoRunIsRefused() throws {
    #expect(
      try sandbox.lpsim("report", "no.sqlite")
        == .refused(.noInput, "no.sqlite: cannot be read: No such file or directory"))
    try sandbox.write("a,b\n1,2\n", to: "table.csv")
    #expect(try sandbox.lpsim("report", "table.csv") == .refused(.data, "table.csv: is not a SQLite database"))
    try sandbox.write("", to: "empty.sqlite")
    #expect(
      try sandbox.lpsim("report", "empty.sqlite")
        == .refused(
          .data, "empty.sqlite: holds no run — lpsim run and lpsim sweep fill it, with --out empty.sqlite"))
    #expect(try sandbox.contents().filter { $0.hasSuffix(".html") || $0.hasSuffix("figures") } == [])
  }

  @Test func aPlaceThatCannotBeWrittenIsRefused() throws {
    _ = try sandbox.lpsim(words: "run \(paperConfig) --trace arxiv --requests 1 --policy layered --out r.sqlite")
    #expect(
      try sandbox.lpsim("report", "r.sqlite", "--out", "deep/r.html")
        == .refused(.cannotCreate, "deep/r-figures: cannot be made: No such file or directory"))
  }
}
