import Base
import Sim
import TestSupport
import Testing

@testable import Sensitivity

@Suite struct ParameterTests {
  private let tree = "{\"a\": [{\"b\": 2}, {\"b\": 5}], \"c\": 9, \"d\": null}"

  private func parameter(_ fields: String) throws -> Parameter {
    try Parameter(reading: config("{\(fields), \"why\": \"\"}"))
  }

  private func values(_ fields: String) throws -> [String] {
    let parameter = try parameter(fields)
    return try [0, 0.5, 1].map { share in
      try parameter.values(in: parameter.set(to: share, in: config(tree))).map(\.canonicalJSON).joined(separator: " ")
    }
  }

  @Test(arguments: [
    (#""key": "c", "range": [1, 4]"#, ["1.0", "2.5", "4.0"]),
    (#""key": "c", "logRange": [1, 4]"#, ["1.0", "2.0", "4.0"]),
    (#""key": "c", "logRange": [1, 6], "whole": true"#, ["1", "2", "6"]),
    (#""key": "a[*].b", "factors": [0.5, 2]"#, ["1.0 2.5", "2.0 5.0", "4.0 10.0"]),
    (#""key": "a[*].b", "factors": [0.5, 2], "atMost": 4.5"#, ["1.0 2.5", "2.0 4.5", "4.0 4.5"]),
    (#""key": "d", "factors": [0.5, 2]"#, ["null", "null", "null"]),
    (#""key": "c", "choices": {"as it is": null, "list": [1, 2]}"#, ["9", "[1,2]", "[1,2]"]),
  ])
  func aShareOfTheRangeIsAValue(_ fields: String, _ expected: [String]) throws {
    #expect(try values(fields) == expected)
  }

  @Test(arguments: [
    (#""key": "c", "range": [1.23456, 4]"#, ["9", "1.235", "4"]),
    (#""key": "a[*].b", "factors": [0.5, 2]"#, ["x1", "x0.5", "x2"]),
    (#""key": "a[*].b", "factors": [0.5, 2], "atMost": 1"#, ["x1", "1", "1"]),
    (#""key": "c", "choices": {"as it is": null, "list": [1, 2]}"#, ["as it is", "as it is", "list"]),
  ])
  func valuesAreWrittenShort(_ fields: String, _ expected: [String]) throws {
    let parameter = try parameter(fields)
    #expect(try [nil, 0, 1].map { try parameter.text(at: $0, in: config(tree)) } == expected)
  }

  @Test(arguments: [
    (#""key": "c", "range": [4, 1]"#, "line 1, column 23: range: a range is [low, high], two numbers that rise"),
    (
      #""key": "c", "range": [1, 4], "factors": [1, 2]"#,
      "line 1, column 1: 2 of range, logRange, factors, choices are given; expected one"
    ),
    (
      #""key": "c[", "range": [1, 4]"#,
      "line 1, column 9: key: \"c[\" is no key path — items of a list are written [0] or [*]"
    ),
    (
      #""key": "c", "range": [1, 4], "wole": 1"#,
      "line 1, column 39: wole: unknown key \"wole\" — did you mean \"whole\"?"
    ),
  ])
  func aWrongEntryIsRefused(_ fields: String, _ sentence: String) {
    #expect { try parameter(fields) } throws: { "\($0)" == "test.json: \(sentence)" }
  }

  private func file(_ entry: String) throws -> ParameterFile {
    try ParameterFile(
      reading: config("{\"parameters\": [{\(entry), \"range\": [1, 2], \"why\": \"\"}], \"breakEven\": []}"),
      for: config(tree))
  }

  @Test func aKeyThatTheDeploymentLacksNamesTheNearestOne() throws {
    #expect { try file(#""key": "a[*].bb""#) } throws: {
      "\($0)" == "test.json: line 1, column 25: parameters[0].key: no key \"a[*].bb\" — did you mean \"a[*].b\"?"
    }
    #expect(try file(#""key": "a[*].bb", "ifPresent": true"#).absent == ["a[*].bb"])
  }

  @Test func onlyNamesKeysOfTheFile() throws {
    var file = try file(#""key": "c""#)
    #expect { try file.keep(only: ["cc"], option: "--only") } throws: {
      "\($0)" == "--only: no parameter \"cc\" — did you mean \"c\"?"
    }
    try file.keep(only: [], option: "--only")
    #expect(file.parameters.isEmpty)
  }

  /// The shipped ranges fit every shipped engine and model: both ends of each can be read.
  @Test(arguments: [
    ("layered-prefill-paper", "qwen3-30b-a3b"), ("vllm-0.24-h100", "gpt-oss-20b"), ("trtllm-h200", "mixtral-8x7b"),
    ("vllm-0.14-a100", "qwen3-8b"),
  ])
  func theShippedRangesAreLegal(_ engine: String, _ model: String) throws {
    let library = ConfigLibrary(roots: [projectFile("configs")])
    let overrides = try ["engine=\(engine)", "model=\(model)"].map { try ConfigOverride(parsing: $0) }
    let file = try legalRanges("default", of: library.resolve("qwen3-30b", overrides: overrides), in: library)
    // Named by themselves these models' decodes choose experts evenly, and those of Mixtral all do.
    let skew = ["model.lpsim.routing.prompt.sigma", "model.lpsim.routing.decode.levels[1][1]"]
    #expect(file.absent == (model == "mixtral-8x7b" ? skew : [skew[1]]))
  }

  @Test(arguments: ["deepseek-r1", "qwen3-235b", "deepseek-r1-32b200"])
  func theRangesOfTheStudyAreLegal(_ deployment: String) throws {
    let library = ConfigLibrary(roots: [projectFile("configs")])
    let file = try legalRanges("beyond-the-paper", of: library.resolve(deployment), in: library)
    #expect(file.absent == [] && file.parameters.count == 12)
  }

  /// The ranges of a file, after both ends of each made a deployment.
  private func legalRanges(_ name: String, of tree: ConfigNode, in library: ConfigLibrary) throws -> ParameterFile {
    let tree = try tree.setting("trace", to: library.load("arxiv", .trace))
    let file = try ParameterFile(reading: library.load(name, .sensitivity), for: tree)
    for parameter in file.parameters + file.breakEven {
      for share in [0.0, 1] { _ = try Deployment(reading: parameter.set(to: share, in: tree).removing("trace")) }
    }
    return file
  }
}
