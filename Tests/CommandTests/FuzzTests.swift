import Base
import Foundation
import TestSupport
import Testing

/// Every number of a configuration, pushed to places where nobody would put it, runs or is refused in one sentence.
struct FuzzTests {
  private static let values = [
    "0", "-1", "1e-300", "1e300", "1e18", "9223372036854775807", "0.5", "\"x\"", "null", "[]",
  ]
  private static let policies = ["chunked", "layered", "orca", "static"]
  private static let attempts = 60

  @Test(arguments: [
    (1, ""), (2, "--set model=gpt-oss-20b-mxfp4 --set engine=vllm-0.24-h100 --set routing=sampled"),
  ])
  func aStrangeNumberRunsOrIsRefused(seed: UInt64, settings: String) throws {
    let sandbox = try Sandbox()
    let shown = try sandbox.lpsim(words: "show \(paperConfig) --config-only \(settings)").out
    let text = try ConfigNode(parsing: shown, file: "shown")
      .removing("sources")
    let places = text.numbers
    var random = SeededRandom(seed: seed, stream: "fuzz")
    for _ in 0..<Self.attempts {
      let place = places[Int(random.uniform() * Double(places.count))]
      let value = Self.values[Int(random.uniform() * Double(Self.values.count))]
      let policy = Self.policies[Int(random.uniform() * Double(Self.policies.count))]
      try sandbox.write(text.replacing(place, by: value).canonicalJSON, to: "c.json")
      let run = try sandbox.lpsim(
        words: "run c.json --trace arxiv --requests 3 --policy \(policy) --json --out o.sqlite")
      let case_ = "seed \(seed): \(policy), \(place) = \(value): \(run)"
      if !run.isKilled, run.status == 0 {
        #expect(try JSONOutput(run.out).policies == [policy], "\(case_)")
        try FileManager.default.removeItem(atPath: sandbox.path("o.sqlite"))
      } else {
        #expect(!run.isKilled && (64...78).contains(run.status), "\(case_)")
        #expect(run.out == "" && run.errors.hasPrefix("lpsim: "), "\(case_)")
        #expect(run.errors.count { $0 == "\n" } == 1, "\(case_)")
        #expect(try sandbox.contents() == ["c.json"], "\(case_)")
      }
    }
  }
}

extension ConfigNode {
  /// The key paths of all numbers, in the order of the file; of a long list only the first and the last.
  fileprivate var numbers: [String] {
    switch value {
    case .integer, .number: [path]
    case .array(let items) where items.count > 4: [items[0], items[items.count - 1]].flatMap(\.numbers)
    case .array(let items): items.flatMap(\.numbers)
    case .object(let members): members.flatMap(\.node.numbers)
    default: []
    }
  }

  /// This tree with other JSON at a key path, lists included.
  fileprivate func replacing(_ place: String, by json: String) throws -> ConfigNode {
    if path == place { return try ConfigNode(argument: json, option: "fuzz") }
    var copy = self
    switch value {
    case .array(let items): copy.value = .array(try items.map { try $0.replacing(place, by: json) })
    case .object(let members):
      copy.value = .object(try members.map { Member($0.key, try $0.node.replacing(place, by: json)) })
    default: break
    }
    return copy
  }
}
