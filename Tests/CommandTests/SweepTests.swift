import Base
import Foundation
import GRDB
import TestSupport
import Testing

/// `sweep`, `export` and `merge` as a user runs them.
@Suite(.serialized) struct SweepTests {
  private let sandbox: Sandbox

  init() throws { sandbox = try Sandbox() }

  /// A sweep file of 2 policies with 12 settings each.
  private func write(requests: Int, axis: String = "") throws {
    try sandbox.write(
      """
      {
        "name": "mine", "base": "qwen3-30b", "trace": "sharegpt", "rate": 4, "requests": \(requests),
        "axes": [
          { "key": "policy", "values": ["chunked", "layered"] },
          { "key": "policies.chunked.tokenBudget", "values": { "from": 256, "to": 3072, "step": 256 } },
          { "key": "policies.layered.maxGroups", "values": { "from": 4, "to": 48, "step": 4 } }\(axis)
        ],
        "frontiers": [
          { "name": "latency", "objectives": [{ "min": "ttft_p99_ms" }, { "min": "tbt_p99_ms" }] },
          { "name": "cost", "objectives": [{ "min": "energy_per_token_mj" }, { "max": "goodput_rps" }], "by": ["policy"] }
        ]
      }
      """, to: "mine.json")
  }

  private static let files = ["mine.csv", "mine-latency.csv", "mine-latency.svg", "mine-cost.csv", "mine-cost.svg"]

  /// What a sweep wrote into a folder, file by file.
  private func written(in folder: String) throws -> [String] {
    try Self.files.map { try sandbox.read("\(folder)/\($0)") }
  }

  private func sweep(into folder: String, _ options: String = "") throws -> Outcome {
    try FileManager.default.createDirectory(atPath: sandbox.path(folder), withIntermediateDirectories: true)
    return try sandbox.lpsim(words: "sweep mine.json --json --out \(folder)/o.sqlite \(options)")
  }

  /// A number that a sweep printed.
  private func count(_ key: String, in outcome: Outcome) throws -> Int {
    #expect(outcome.status == 0, "\(outcome)")
    return try #require(ConfigNode(parsing: outcome.out, file: "standard output").member(key)).integer(in: 0...1000)
  }

  private func storedPoints(_ file: String) throws -> Int {
    guard FileManager.default.fileExists(atPath: sandbox.path(file)) else { return 0 }
    var configuration = Configuration()
    configuration.busyMode = .timeout(10)
    return try DatabaseQueue(path: sandbox.path(file), configuration: configuration).read { db in
      guard try db.tableExists("point") else { return 0 }
      #expect(try String.fetchOne(db, sql: "PRAGMA integrity_check") == "ok")
      return try Int.fetchOne(db, sql: "SELECT count(*) FROM point") ?? 0
    }
  }

  @Test func anyNumberOfWorkersWritesTheSameBytes() throws {
    try write(requests: 12)
    #expect(try count("simulated", in: sweep(into: "one", "--workers 1")) == 24)
    #expect(try count("simulated", in: sweep(into: "two", "--workers 2")) == 24)
    #expect(try written(in: "one") == written(in: "two"))
    let lines = try sandbox.read("one/mine.csv").split(separator: "\n")
    #expect(lines.dropFirst().map { $0.prefix { $0 != "," } } == (1...24).map { "\($0)" })
    let again = try sweep(into: "one", "--resume")
    #expect(try count("simulated", in: again) == 0)
    #expect(try count("stored", in: again) == 24)
    #expect(try sandbox.lpsim("export", "one/o.sqlite", "--out", "two").status == 0)
    #expect(try written(in: "one") == written(in: "two"))
  }

  @Test(arguments: [SIGKILL, SIGINT])
  func whatWasStoppedInItsMiddleGoesOn(_ signal: Int32) throws {
    try write(requests: 200)
    try FileManager.default.createDirectory(atPath: sandbox.path("cut"), withIntermediateDirectories: true)
    let process = sandbox.process(["sweep", "mine.json", "--workers", "2", "--out", "cut/o.sqlite"])
    let errors = Pipe()
    process.standardError = errors
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    while process.isRunning, try storedPoints("cut/o.sqlite") == 0 { usleep(5_000) }
    kill(process.processIdentifier, signal)
    process.waitUntilExit()
    let kept = try storedPoints("cut/o.sqlite")
    #expect((1..<24).contains(kept), "the sweep should have been stopped in its middle")
    if signal == SIGINT {
      #expect(process.terminationStatus == 130)
      #expect(
        String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
          == "lpsim: interrupted; \(kept) of 24 points are kept, and the same command does the rest\n")
    }
    #expect(try count("simulated", in: sweep(into: "cut")) == 24 - kept)
    #expect(try count("simulated", in: sweep(into: "whole")) == 24)
    #expect(try written(in: "cut") == written(in: "whole"))
    #expect(try storedPoints("cut/o.sqlite") == 24)
  }

  @Test func shardsJoinedAreTheWhole() throws {
    try write(requests: 12)
    #expect(try count("simulated", in: sweep(into: "whole")) == 24)
    for shard in 1...3 { #expect(try count("simulated", in: sweep(into: "\(shard)", "--shard \(shard)/3")) == 8) }
    #expect(try !FileManager.default.contentsOfDirectory(atPath: sandbox.path("1")).contains("mine.csv"))
    let merged = try sandbox.lpsim(words: "merge all.sqlite 3/o.sqlite 1/o.sqlite 2/o.sqlite")
    #expect(
      merged == Outcome(status: 0, out: "mine: 24 of 24 points, 24 of them new\n", errors: "saved in all.sqlite\n"))
    #expect(try sandbox.lpsim("export", "all.sqlite", "--out", "1").status == 0)
    #expect(try written(in: "1") == written(in: "whole"))
    try write(requests: 13)
    #expect(try count("simulated", in: sweep(into: "other", "--shard 1/3")) == 8)
    #expect(
      try sandbox.lpsim("merge", "all.sqlite", "other/o.sqlite")
        == .refused(
          .data, "other/o.sqlite: holds the sweep \"mine\" as another file or version of lpsim defines it"))
  }

  @Test func aPointThatFailsStopsNoOther() throws {
    let axis =
      ",\n    { \"key\": \"gpuMemoryUtilization\", \"values\": [0.1, 0.9], \"where\": {\"policy\": \"layered\"} }"
    try write(requests: 3, axis: axis)
    let outcome = try sweep(into: "some")
    #expect(try count("simulated", in: outcome) == 24)
    let sentence = outcome.errors.split(separator: "\n")[0]
    #expect(
      sentence.hasPrefix("point 13 (policy=layered policies.layered.maxGroups=4 gpuMemoryUtilization=0.1) failed: "))
    #expect(outcome.errors.split(separator: "\n").count == 13)
    #expect(try sandbox.read("some/mine.csv").split(separator: "\n").count { $0.contains("0.1,,") } == 12)
    let again = try sweep(into: "some")
    #expect(try count("simulated", in: again) == 0)
    #expect(again.errors == outcome.errors)
    try write(
      requests: 3, axis: axis.replacing(", \"where\": {\"policy\": \"layered\"}", with: "").replacing(", 0.9", with: "")
    )
    let none = try sweep(into: "none")
    #expect(none.status == InputError.Status.config.rawValue)
    #expect(none.errors.contains("\nand 4 more\n"))
  }

  @Test(arguments: [
    ("\"rat\"", "[1]", "14: axes[3].key: no key \"rat\" — did you mean \"rate\"?"),
    (
      "\"policies.layered.cohortTokns\"", "[1]",
      "57: policies.layered.cohortTokns: unknown key \"cohortTokns\" — did you mean \"cohortTokens\"?"
    ),
    (
      "\"gpu\"", "[\"h100-sxm-80g\"]",
      "32: axes[3].values[0]: no GPU \"h100-sxm-80g\" — did you mean \"h100-sxm-80gb\"?"
    ),
    ("\"requests\"", "[5]", "14: axes[3].key: \"requests\" has one value for all points already"),
  ])
  func aWordThatNobodyKnowsIsSaidAtOnce(_ key: String, _ values: String, _ sentence: String) throws {
    try write(requests: 3, axis: ",\n    { \"key\": \(key), \"values\": \(values) }")
    #expect(
      try sandbox.lpsim("sweep", "mine.json")
        == .refused(.config, "mine.json: line 7, column \(sentence)"))
    #expect(try sandbox.contents() == ["mine.json"])
  }

  @Test func whatCannotBeDoneIsRefused() throws {
    try write(requests: 3)
    try sandbox.write(try sandbox.read("mine.json").replacing("qwen3-30b", with: "qwen3-30"), to: "other.json")
    #expect(
      try sandbox.lpsim("sweep", "other.json")
        == .refused(
          .config, "other.json: line 2, column 27: base: no config \"qwen3-30\" — did you mean \"qwen3-30b\"?"))
    #expect(try count("simulated", in: sweep(into: "few", "--shard 30/30")) == 0)
    #expect(
      try sandbox.lpsim("sweep", "smal-qwen3")
        == .refused(.noInput, "no sweep \"smal-qwen3\" — did you mean \"small-qwen3\"?"))
    #expect(
      try sandbox.lpsim("sweep", "mine.json", "--workers", "0")
        == .refused(.usage, "--workers: 0 is out of range; expected 1 or more"))
    #expect(try sandbox.lpsim("sweep", "mine.json", "--shard", "3/2").status == InputError.Status.usage.rawValue)
    #expect(
      try sandbox.lpsim("export", "none.sqlite")
        == .refused(.noInput, "none.sqlite: cannot be read: No such file or directory"))
    #expect(
      try sandbox.lpsim("merge", "a.sqlite", "none.sqlite")
        == .refused(.noInput, "none.sqlite: cannot be read: No such file or directory"))
    #expect(
      try sandbox.lpsim("run", paperConfig, "--trace", "arxiv", "--requests", "1", "--out", "r.sqlite").status == 0)
    #expect(
      try sandbox.lpsim("export", "r.sqlite")
        == .refused(.data, "r.sqlite: holds no sweep; expected what lpsim sweep made"))
    #expect(try sandbox.contents() == ["few", "mine.json", "other.json", "r.sqlite"])
  }
}
