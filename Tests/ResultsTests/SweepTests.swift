import Base
import TestSupport
import Testing

@testable import Results

/// What the axes of a sweep file come to.
@Suite struct SweepTests {
  private func sweep(_ axes: String, more: String = "") throws -> Sweep {
    try Sweep(
      reading: ConfigNode(
        parsing: "{\"name\": \"s\", \"base\": \"b\", \"trace\": \"arxiv\",\(more)\n\"axes\": [\(axes)]}", file: "s.json"
      ))
  }

  private func points(_ axes: String, more: String = "\"policy\": \"chunked\",") throws -> [String] {
    let sweep = try sweep(axes, more: more)
    return (1...sweep.pointCount).map { sweep.summary(of: $0) }
  }

  private func values(_ range: String) throws -> [String] {
    try points("{\"key\": \"a\", \"values\": \(range)}").map { String($0.dropFirst(2)) }
  }

  private static let policies = "{\"key\": \"policy\", \"values\": [\"chunked\", \"layered\"]}"

  @Test func axesAreCrossedAndTheFirstTurnsSlowest() throws {
    #expect(
      try points("{\"key\": \"a\", \"values\": [1, 2]}, {\"key\": \"b\", \"values\": [\"x\", {\"y\": 3}]}")
        == ["a=1 b=x", "a=1 b={\"y\":3}", "a=2 b=x", "a=2 b={\"y\":3}"])
  }

  @Test func zippedAxesGoTogether() throws {
    let zip = "{\"zip\": [{\"key\": \"a\", \"values\": [1, 2, 1]}, {\"key\": \"b\", \"values\": [3, 4, 3]}]}"
    #expect(try points(zip) == ["a=1 b=3", "a=2 b=4"])
    #expect(
      message { _ = try points(zip.replacing("[3, 4, 3]", with: "[3]")) }
        == "s.json: line 2, column 62: axes[0].zip[1].key: \"b\" and \"a\" have 1 and 3 values — axes that are zipped have as many"
    )
  }

  @Test func aPolicyIsNotCrossedWithSettingsOfAnother() throws {
    let settings = """
      {"key": "policies.chunked.tokenBudget", "values": [512, 1024]},
      {"key": "policies.layered.maxGroups", "values": [8, 16, 24]}
      """
    #expect(
      try points("\(Self.policies), \(settings)", more: "") == [
        "policy=chunked policies.chunked.tokenBudget=512", "policy=chunked policies.chunked.tokenBudget=1024",
        "policy=layered policies.layered.maxGroups=8", "policy=layered policies.layered.maxGroups=16",
        "policy=layered policies.layered.maxGroups=24",
      ])
    let zipped = """
      {"zip": [{"key": "rate", "values": [1, 1, 2]},
      {"key": "policies.chunked.tokenBudget", "values": [512, 1024, 512]}]}
      """
    #expect(
      try points("\(Self.policies), \(zipped)", more: "").suffix(2) == [
        "policy=layered rate=1", "policy=layered rate=2",
      ])
    #expect(
      message { _ = try points("\(settings), \(Self.policies)", more: "") }
        == "s.json: line 2, column 18: axes[0].key: \"policies.chunked.tokenBudget\" stands before the policy is known — put the axis \"policy\" first"
    )
  }

  @Test func anAxisAppliesWhereItsConditionHolds() throws {
    let axes = """
      {"key": "trace", "values": ["arxiv", "sharegpt"]}, {"key": "rate", "values": [1], "where": {"trace": "arxiv"}},
      {"key": "rate", "values": [4, 5], "where": {"trace": ["sharegpt"]}}
      """
    func read(_ axes: String) throws -> [String] {
      let sweep = try Sweep(
        reading: ConfigNode(
          parsing: "{\"name\": \"s\", \"base\": \"b\", \"policy\": \"orca\",\n\"axes\": [\(axes)]}", file: "s.json"))
      return (1...sweep.pointCount).map { sweep.summary(of: $0) }
    }
    #expect(try read(axes) == ["trace=arxiv rate=1", "trace=sharegpt rate=4", "trace=sharegpt rate=5"])
    #expect(
      message { _ = try read(axes.replacing(", \"where\": {\"trace\": \"arxiv\"}", with: "")) }
        == "s.json: line 3, column 9: axes[2].key: \"rate\" is set twice at one point — give its axes a \"where\" of which only one holds"
    )
    #expect(
      message { _ = try read(axes.replacing("{\"trace\": \"arxiv\"}", with: "{\"trace\": \"arxv\"}")) }
        == "s.json: line 2, column 111: axes[1].where.trace: no value of trace \"arxv\" — did you mean \"arxiv\"?")
    #expect(
      message { _ = try read(axes.replacing("{\"trace\": \"arxiv\"}", with: "{\"trce\": \"arxiv\"}")) }
        == "s.json: line 2, column 110: axes[1].where.trce: no axis above with the key \"trce\" — did you mean \"trace\"?"
    )
  }

  @Test func rangesHaveTheNumbersThatAPersonWouldWrite() throws {
    #expect(try values("{\"from\": 1, \"to\": 10, \"step\": 3}") == ["1", "4", "7", "10"])
    #expect(try values("{\"from\": 0.1, \"to\": 0.35, \"step\": 0.1}") == ["0.1", "0.2", "0.3"])
    #expect(try values("{\"from\": 1.3, \"to\": 1.8, \"step\": 0.1}") == ["1.3", "1.4", "1.5", "1.6", "1.7", "1.8"])
    #expect(try values("{\"from\": 3, \"to\": -3, \"step\": -3}") == ["3", "0", "-3"])
    #expect(try values("{\"from\": 0, \"to\": 1, \"count\": 3}") == ["0", "0.5", "1"])
    #expect(
      try values("{\"from\": 256, \"to\": 8192, \"count\": 6, \"scale\": \"log\"}")
        == ["256", "512", "1024", "2048", "4096", "8192"])
    #expect(
      try values("{\"from\": 16, \"to\": 64, \"count\": 4, \"scale\": \"log\", \"multipleOf\": 16}")
        == ["16", "32", "48", "64"])
    #expect(
      try values("{\"from\": 1, \"to\": 4, \"count\": 7, \"scale\": \"log\", \"multipleOf\": 1}")
        == ["1", "2", "3", "4"])
  }

  @Test(arguments: [
    ("[1, 1]", "line 2, column 37: axes[0].values[1]: 1 stands twice in the list"),
    ("[]", "line 2, column 18: axes[0].key: \"a\" has no values"),
    ("7", "line 2, column 33: axes[0].values: 7 is neither a list nor a range"),
    (
      "{\"from\": 1, \"to\": 2, \"step\": -1}",
      "line 2, column 62: axes[0].values.step: a step of -1 never comes from 1 to 2"
    ),
    (
      "{\"from\": 1, \"to\": 2, \"steps\": 1}",
      "line 2, column 63: axes[0].values.steps: unknown key \"steps\" — did you mean \"step\"?"
    ),
    (
      "{\"from\": 1, \"to\": 2}",
      "line 2, column 33: axes[0].values: a range has either \"step\", or \"count\" and perhaps \"scale\": \"log\""
    ),
    (
      "{\"from\": 1, \"to\": 2, \"count\": 3, \"scale\": \"lgo\"}",
      "line 2, column 75: axes[0].values.scale: no scale \"lgo\" — did you mean \"log\"?"
    ),
    (
      "{\"from\": 0, \"to\": 2, \"count\": 3, \"scale\": \"log\"}",
      "line 2, column 33: axes[0].values: only numbers above 0 have a log scale"
    ),
    (
      "{\"from\": 0, \"to\": 1e9, \"step\": 1}",
      "line 2, column 64: axes[0].values.step: the sweep has more than 1,000,000 points"
    ),
  ])
  func wrongValuesAreRefused(_ values: String, _ sentence: String) {
    #expect(message { _ = try self.values(values) } == "s.json: \(sentence)")
  }

  @Test func aSweepOfOverAMillionPointsIsRefused() throws {
    let axes = ["a", "b", "c"].map { "{\"key\": \"\($0)\", \"values\": {\"from\": 1, \"to\": 101, \"step\": 1}}" }
    #expect(
      message { _ = try points(axes.joined(separator: ", ")) }
        == "s.json: line 2, column 9: axes: the sweep has more than 1,000,000 points")
  }

  @Test func aConditionThatFailsLeavesTheOnlyValueOut() throws {
    let axes = "{\"key\": \"a\", \"values\": [1, 2]}, {\"key\": \"b\", \"values\": [3], \"where\": {\"a\": 2}}"
    #expect(try points(axes) == ["a=1", "a=2 b=3"])
  }

  @Test func wordsThatNobodyKnowsAreRefused() {
    let axis = "{\"key\": \"a\", \"values\": [1]}"
    #expect(
      message { _ = try points(axis, more: "\"policy\": \"layred\",") }
        == "s.json: line 1, column 55: policy: no policy \"layred\" — did you mean \"layered\"?")
    #expect(
      message { _ = try points(axis, more: "\"police\": 1,") }
        == "s.json: line 1, column 55: police: unknown key \"police\" — did you mean \"policy\"?")
    #expect(
      message { _ = try points(axis, more: "") }
        == "s.json: line 1, column 1: point 1 has no \"policy\" — give it a value for all points, or an axis")
    #expect(
      message {
        _ = try points(
          axis,
          more: "\"policy\": \"orca\", \"frontiers\": [{\"name\": \"f\", \"objectives\": [{\"min\": \"ttft_p99\"}]}],")
      }
        == "s.json: line 1, column 114: frontiers[0].objectives[0].min: no metric \"ttft_p99\" — did you mean \"ttft_p99_ms\"?"
    )
  }

  @Test func shardsPartThePointsAmongThem() throws {
    let sweep = try sweep("{\"key\": \"a\", \"values\": [1, 2, 3, 4, 5]}", more: "\"policy\": \"orca\",")
    #expect((1...3).map { sweep.points(ofShard: $0, of: 3) } == [[1, 4], [2, 5], [3]])
    #expect(sweep.points(ofShard: 6, of: 6) == [])
  }

  @Test(arguments: names(in: projectFile("configs/sweeps"), endingIn: ".json"))
  func everySweepOfTheLibraryCanBegin(_ name: String) throws {
    let library = ConfigLibrary(roots: [projectFile("configs")])
    let sweep = try Sweep(reading: library.load(name, .sweep))
    #expect(sweep.name == name)
    let setup = try SweepSetup(sweep, in: library, programVersion: "0.1.0")
    for number in [1, sweep.pointCount] { _ = try setup.experiment(at: number) }
    let again = try Sweep(reading: ConfigNode(parsing: sweep.definition, file: "database"))
    #expect(again.pointCount == sweep.pointCount)
    #expect((1...sweep.pointCount).allSatisfy { again.summary(of: $0) == sweep.summary(of: $0) })
  }
}
