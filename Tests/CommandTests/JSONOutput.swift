import Base
import Foundation
import Testing

/// What `--json` printed.
struct JSONOutput {
  /// The metrics of each policy in the order of the runs, to the last digit; those without a value left out.
  let runs: [(policy: String, metrics: [String: Double])]

  /// Reads all of standard output; anything beside one object is an error of the test.
  init(_ text: String) throws {
    _ = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    let object = try ConfigNode(parsing: text, file: "standard output")
    let runs = try #require(object.member("runs")).elements()
    self.runs = try runs.map { run in
      var metrics: [String: Double] = [:]
      for member in run.members ?? [] where member.key != "policy" {
        if case .null = member.node.value { continue }
        metrics[member.key] = try member.node.number(in: -.greatestFiniteMagnitude ... .greatestFiniteMagnitude)
      }
      return (policy: try #require(run.member("policy")).string(), metrics: metrics)
    }
  }

  var policies: [String] { runs.map(\.policy) }
}
