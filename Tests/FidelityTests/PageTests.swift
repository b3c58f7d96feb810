import Base
import Calibration
import TestSupport
import Testing

@testable import Fidelity

/// docs/fidelity.md, the pictures beside it and README.md against the program.
@Suite struct PageTests {
  private let library = ConfigLibrary(roots: [projectFile("configs")])
  private let page: String

  init() throws { page = try readTextFile(projectFile("docs/fidelity.md")) }

  /// What a page says under the heading of an experiment.
  private func section(_ name: String, of page: String) throws -> String {
    let start = try #require(page.firstRange(of: "\n## \(name): "), "no section \(name)")
    let rest = page[start.upperBound...]
    return String(rest[..<(rest.firstRange(of: "\n## ")?.lowerBound ?? rest.endIndex)])
  }

  @Test func thePageHasASectionForEveryExperiment() {
    let sections = page.split(separator: "\n").filter { $0.hasPrefix("## ") && $0.contains(": ") }
      .map { $0.dropFirst(3).prefix { $0 != ":" } }
    #expect(sections.map(String.init) == reproductions.map { $0.name })
  }

  /// What this build makes again in seconds: without optimisation the other sections take minutes.
  private static var regenerated: [String] {
    #if DEBUG
      ["fig2", "readme", "kernels", "h200", "mla-moe"]
    #else
      reproductions.map { $0.name }
    #endif
  }

  @Test(arguments: regenerated) func theProgramMakesThisSectionAgain(_ name: String) async throws {
    let reproduction = try #require(reproductions.first { $0.name == name }).init(in: library)
    let outcomes = try await Laboratory(library).outcomes(of: reproduction.runs)
    let fresh = try FidelityPage([reproduction.chapter(from: outcomes)], in: library)
    let expected = try section(name, of: fresh.markdown(picturesIn: "images/fidelity"))
    #expect(try section(name, of: page) == expected, "run make fidelity")
    for picture in fresh.pictures {
      #expect(try readTextFile(projectFile("docs/images/fidelity/\(picture.file)")) == picture.svg, "run make fidelity")
    }
  }

  /// Outcomes that are not simulated: every metric is 1, and few requests are in time but at low rates.
  private func madeUp(_ reproduction: any Reproduction) -> Outcomes {
    let names = [
      "mean_requests_in_flight", "expert_load_bytes_per_request", "expert_load_bytes", "energy_per_token_mj",
      "tbt_p99_ms", "tbt_mean_ms", "ttft_mean_ms", "ttft_p99_ms", "e2e_mean_ms", "itl_median_ms", "mean_power_w",
      "energy_per_output_token_j",
    ]
    var outcomes = Outcomes()
    for run in reproduction.runs {
      var values = Dictionary(uniqueKeysWithValues: names.map { ($0, 1.0) })
      let rate = run.rate ?? 0
      values["slo_attainment_pct"] = rate < 1.05 || (3..<3.5).contains(rate) ? 95 : 50
      outcomes[run] = Outcome(values)
    }
    return outcomes
  }

  @Test(arguments: ["fig3", "tables", "mlenergy"]) func theSectionHasEveryMeasurement(_ name: String) throws {
    let reproduction = try #require(reproductions.first { $0.name == name }).init(in: library)
    let chapter = try reproduction.chapter(from: madeUp(reproduction))
    let text = try section(name, of: page)
    for paragraph in chapter.summary + chapter.why { #expect(text.contains("\n\(paragraph)\n"), "run make fidelity") }
    for table in chapter.tables {
      let start = try #require(text.firstRange(of: "**\(table.words.title)**"), "run make fidelity")
      let lines = text[start.upperBound...].split(separator: "\n").prefix { $0.hasPrefix("|") }
      for figure in table.figures {
        let head = table.layout == .list ? "| \(figure.quantity) | \(figure.setting) |" : "| \(figure.setting) |"
        let isThere = lines.contains { $0.hasPrefix(head) && $0.contains("| \(figure.referenceText) |") }
        #expect(isThere, "\(figure.quantity) of \(figure.setting): run make fidelity")
      }
    }
  }

  @Test func theReadmeHasThePagesSummary() throws {
    func summary(_ text: String) throws -> Substring {
      let start = try #require(text.firstRange(of: "<!-- summary -->"))
      let end = try #require(text.firstRange(of: "<!-- end of summary -->"))
      return text[start.lowerBound..<end.upperBound]
    }
    #expect(try summary(readTextFile(projectFile("README.md"))) == summary(page), "run make fidelity")
    #expect(try summary(page).split(separator: "\n").count == reproductions.count + 4)
  }

  @Test func everyFittedNumberOfAProfileThatIsUsedHasItsSourceOnThePage() throws {
    let list = try #require(page.firstRange(of: "\n## What was fitted to what\n"))
    let profiles = page[list.upperBound...].split(separator: "\n").filter { $0.hasPrefix("### ") }.map {
      $0.dropFirst(4)
    }
    #expect(profiles.contains("layered-prefill-paper") && profiles.contains("vllm-0.24-h100"))
    for name in profiles {
      let sources = try library.load(String(name), .engine).member("sources")?.members ?? []
      for source in sources { #expect(page.contains(": \(try source.node.string())\n"), "run make fidelity") }
    }
  }
}
