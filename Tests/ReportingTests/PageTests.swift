import Base
import Foundation
import FoundationXML
import Results
import TestSupport
import Testing

@testable import Reporting

/// The page as a whole.
@Suite struct PageTests {
  private let scratch: Scratch

  init() throws { scratch = try Scratch() }

  private func page() throws -> String { try Report(of: scratch.storeTwo()).html(figuresIn: "runs-figures") }

  /// Whether an XML parser reads a text to its end.
  private func isWellFormed(_ text: String) -> Bool { XMLParser(data: Data(text.utf8)).parse() }

  /// The page without what is no markup.
  private func markup(of page: String) throws -> String {
    try ["style", "script"].reduce(page) { text, element in
      let start = try #require(text.firstRange(of: "<\(element)>"))
      let end = try #require(text.firstRange(of: "</\(element)>"))
      return String(text[..<start.lowerBound] + text[end.upperBound...])
    }
  }

  @Test func thePageIsWellFormedAndNeedsNoNetwork() throws {
    let page = try page()
    #expect(isWellFormed(try markup(of: page)))
    #expect(!page.contains("http:") && !page.contains("https:") && !page.contains("src="))
    #expect(page.contains("content=\"default-src 'none';"))
    #expect(page.split(separator: "<figure id=").count == 1 + 4)
  }

  @Test func everyFigureIsAFileThatIsWellFormed() throws {
    let report = try Report(of: scratch.storeTwo())
    #expect(report.figures.map(\.name) == ["distributions", "work", "timelines", "tokens"])
    for figure in report.figures {
      #expect(isWellFormed(figure.svg), "\(figure.name)")
      let addresses = figure.svg.split(separator: "http").dropFirst()
      #expect(addresses.map { $0.prefix { $0 != "\"" } } == ["://www.w3.org/2000/svg"])
      #expect(figure.rows.allSatisfy { $0.count == figure.columns.count })
      #expect(try page().contains("href=\"runs-figures/\(figure.name).csv\""))
    }
  }

  @Test func theSameDatabaseGivesTheSameBytes() throws {
    #expect(try page() == Report(of: ResultsFile(path: scratch.path("runs.sqlite"))).html(figuresIn: "runs-figures"))
  }

  @Test func theTableHasEveryMetricThatATerminalShows() throws {
    let page = try page()
    #expect(page.contains("<tr data-metric=\"ttft_mean_ms\" class=\"part\">") == false)
    #expect(
      page.contains(
        """
        <tr data-metric="ttft_mean_ms"><th scope="row">TTFT mean</th><td>ms</td><td>2,500</td><td>1,250</td><td>-50.0 %</td>
        """))
    for metric in Metric.all { #expect(page.contains("data-metric=\"\(metric.name)\"")) }
  }

  @Test func namesAreNotMarkup() throws {
    let hostile = "</title><script>alert(\"1\")</script>&'\u{1}"
    let file = try scratch.store(describe("<b>\"&", name: hostile, trace: hostile))
    let page = try Report(of: file).html(figuresIn: "\"><i>")
    #expect(!page.contains("<script>alert") && !page.contains("<b>\"") && !page.contains("<i>"))
    #expect(isWellFormed(try markup(of: page)))
  }

  @Test func aFileThatHoldsNothingIsRefused() throws {
    let path = scratch.path("runs.sqlite")
    func message() -> String { do { _ = try ResultsFile(path: path) } catch { return "\(error)" }; return "no error" }
    #expect(message() == "\(path): cannot be read: No such file or directory")
    _ = try RunStore(path: path)
    #expect(message() == "\(path): holds no run — lpsim run and lpsim sweep fill it, with --out \(path)")
    try scratch.write(
      "no database, but long enough to look like one: " + String(repeating: "x", count: 999), to: "runs.sqlite")
    #expect(message() == "\(path): is not a SQLite database")
  }
}
