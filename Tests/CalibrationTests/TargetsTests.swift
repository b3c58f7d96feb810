import Base
import TestSupport
import Testing

/// What was asked of the fits, as docs/calibration.md tells it.
@Suite struct TargetsTests {
  /// Experts of a model 2.5 / 7 %, a BF16 model left out 5 / 18, matrix products 6 / 14, decode
  /// attention 2.5 / 11 and all-reduce 5 in the median.
  @Test(arguments: ["vllm-0.24-h100", "vllm-0.24-h200", "vllm-0.14-a100", "trtllm-h100", "trtllm-h200"])
  func thePageSaysThatTargetsAreMet(_ profile: String) throws {
    let page = try readTextFile(projectFile("docs/calibration.md"))
    let part = try #require(page.components(from: "## \(profile)\n", to: "\n## "))
    var found: Set<String> = []
    for line in part.split(separator: "\n") {
      let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      guard cells.count > 3 else { continue }
      let errors = (cells[1] == "each model, left out" ? cells[3] : cells[2]).split(separator: "/")
        .compactMap { Double($0.trimmingCharacters(in: .whitespaces)) }
      let (name, limits): (String, (Double, Double)) =
        switch cells[0] {
        case "experts bf16, any model" where cells[1] == "each model, left out": ("left out", (5, 18))
        case let title where title.hasSuffix("each width by its form, up to 2 GPUs"): ("experts", (2.5, 7))
        case let title where title.hasPrefix("experts mxfp4, gpt-oss-20b, 2880"): ("experts", (2.5, 7))
        case let title where title.hasPrefix("matrix products"): ("products", (6, 14))
        case "decode attention": ("decodes", (2.5, 11))
        case let title where title.hasPrefix("all-reduce"): ("all-reduce", (5, .infinity))
        default: ("", (0, 0))
        }
      guard !name.isEmpty, errors.count == 2 else { continue }
      found.insert(name)
      #expect(errors[0] <= limits.0 && errors[1] <= limits.1, "\(profile): \(line)")
    }
    #expect(found.isSuperset(of: ["left out", "experts", "products", "all-reduce"]), "\(found)")
  }
}
