import Foundation
import Testing

/// What `--json` printed.
struct JSONOutput {
  /// The metrics of each policy in the order of the runs, `policy` left out.
  let runs: [(policy: String, metrics: [String: Double])]

  /// Reads all of standard output; anything beside one object is an error of the test.
  init(_ text: String) throws {
    let object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    runs = try #require(object["runs"] as? [[String: Any]]).map { run in
      let numbers = run.filter { $0.key != "policy" }.compactMapValues { $0 as? NSNumber }
      return (policy: try #require(run["policy"] as? String), metrics: numbers.mapValues(\.doubleValue))
    }
  }

  var policies: [String] { runs.map(\.policy) }
}
