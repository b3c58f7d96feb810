import Base
import GRDB
import TestSupport
import Testing

@testable import Results

/// A sweep in a results file: recorded, gone on with, joined.
@Suite struct SweepStoreTests {
  private let scratch: Scratch

  init() throws { scratch = try Scratch() }

  private func sweep(_ name: String = "s", values: String = "1, 2, 3") throws -> Sweep {
    try Sweep(
      reading: ConfigNode(
        parsing: """
          {"name": "\(name)", "base": "b", "trace": "arxiv", "policy": "layered",
          "axes": [{"key": "a", "values": [\(values)]}],
          "frontiers": [{"name": "f", "objectives": [{"min": "ttft_p99_ms"}, {"max": "goodput_rps"}]}]}
          """, file: "s.json"))
  }

  /// Records points as runs of the configuration `{"a":N}`, and as failed where N is 0.
  private func record(
    _ outcomes: [Int: Int], of sweep: Sweep, in file: String, version: String = "0.1.0", isBetter: Bool = false
  ) throws {
    let recorder = try SweepRecorder(sweep, in: RunStore(path: scratch.path(file)), programVersion: version)
    for (number, config) in outcomes.sorted(by: { $0.key < $1.key }) {
      let result = RunResult(
        describe("layered", config: "{\"a\":\(config)}"), isBetter ? betterSummary() : roundSummary())
      try recorder.record(number, config == 0 ? .failed("no such thing") : .simulated(result, gpuCount: 2))
    }
    try recorder.finish()
  }

  private func points(_ file: String) throws -> [String] {
    try rows(scratch.path(file), "SELECT number, settings, run, error FROM point ORDER BY number")
  }

  @Test func whatComesOfAPointIsARunOrAnError() throws {
    try record([1: 1, 2: 0, 3: 1], of: sweep(), in: "s.sqlite")
    #expect(
      try points("s.sqlite") == ["1|{\"a\": 1}|1|NULL", "2|{\"a\": 2}|NULL|no such thing", "3|{\"a\": 3}|1|NULL"])
    #expect(try rows(scratch.path("s.sqlite"), "SELECT count(*) FROM run") == ["1"])
    let results = try SweepResults(path: scratch.path("s.sqlite"))
    #expect(results.points.map(\.number) == [1, 2, 3])
    #expect(results.failed.map(\.error) == ["no such thing"])
    #expect(results.points[2].values == RunResult(describe("layered"), roundSummary()).values)
    let lines = results.csv.split(separator: "\n")
    #expect(lines[0].hasPrefix("point,policy,trace,a,config_hash,error,requests_arrived,"))
    #expect(lines[2].hasPrefix("2,layered,arxiv,2,,no such thing,,,"))
    #expect(
      results.csv(of: results.sweep.frontiers[0]) == """
        stretch,policy,point,trace,a,ttft_p99_ms,goodput_rps
        1,layered,1,arxiv,1,1990,0.1
        1,layered,3,arxiv,3,1990,0.1

        """)
    #expect(results.fileName(of: results.sweep.frontiers[0]) == "s-pareto")
  }

  @Test func theViewShowsAPointALine() throws {
    try record([1: 1, 2: 0], of: sweep(), in: "s.sqlite")
    #expect(
      try rows(scratch.path("s.sqlite"), "SELECT number, policy, rate_rps, ttft_p99_ms, error FROM v_point")
        == ["1|layered|1.3|1990.0|NULL", "2|NULL|NULL|NULL|no such thing"])
  }

  @Test func aSweepThatWasChangedKeepsItsRunsAndForgetsItsPoints() throws {
    try record([1: 1, 2: 2], of: sweep(), in: "s.sqlite")
    let store = try RunStore(path: scratch.path("s.sqlite"))
    let changed = try sweep(values: "0, 1, 2")
    let recorder = try SweepRecorder(changed, in: store, programVersion: "0.1.0")
    #expect(try points("s.sqlite") == [])
    #expect(try recorder.storedRun(describe("layered", config: "{\"a\":2}")) == 2)
    #expect(try recorder.storedRun(describe("layered", config: "{\"a\":3}")) == nil)
    let newer = try SweepRecorder(changed, in: store, programVersion: "0.2.0")
    #expect(try newer.storedRun(describe("layered", config: "{\"a\":2}")) == nil)
    #expect(
      message { _ = try SweepRecorder(sweep("t"), in: store, programVersion: "0.1.0") }
        == "\(store.path): holds the sweep \"s\" and not \"t\" — name another file with --out")
  }

  @Test func filesOfOneSweepAreJoined() throws {
    try record([1: 1, 3: 3], of: sweep(), in: "a.sqlite")
    try record([2: 0, 3: 3], of: sweep(), in: "b.sqlite")
    try record([1: 1, 2: 0, 3: 3], of: sweep(), in: "whole.sqlite")
    let store = try RunStore(path: scratch.path("all.sqlite"))
    #expect(try store.merge([scratch.path("a.sqlite"), scratch.path("b.sqlite")]) == 3)
    #expect(try store.merge([scratch.path("b.sqlite")]) == 0)
    #expect(try points("all.sqlite") == points("whole.sqlite"))
    for table in ["run", "metric", "sweep"] {
      let sql = "SELECT * FROM \(table)"
      #expect(try rows(scratch.path("all.sqlite"), sql) == rows(scratch.path("whole.sqlite"), sql))
    }
  }

  @Test func aShardTakesItsOwnPoints() throws {
    try record([1: 1, 2: 0, 3: 3], of: sweep(), in: "whole.sqlite")
    let store = try RunStore(path: scratch.path("odd.sqlite"))
    #expect(try store.pointCount(of: sweep(), programVersion: "0.1.0") == (0, 0))
    #expect(try store.merge([scratch.path("whole.sqlite")], shard: (1, 2)) == 2)
    #expect(try points("odd.sqlite") == ["1|{\"a\": 1}|1|NULL", "3|{\"a\": 3}|2|NULL"])
    #expect(try store.merge([scratch.path("whole.sqlite")], shard: (2, 2)) == 1)
    #expect(try store.pointCount(of: sweep(), programVersion: "0.1.0") == (3, 1))
    for (other, version) in [(try sweep(values: "1, 2"), "0.1.0"), (try sweep(), "0.2.0")] {
      #expect(
        message { _ = try store.pointCount(of: other, programVersion: version) }
          == "\(store.path): holds another sweep than \"s\" as it is now — name another file with --out")
    }
  }

  @Test func whatContradictsIsNotJoined() throws {
    try record([1: 1, 3: 3], of: sweep(), in: "a.sqlite")
    let all = scratch.path("all.sqlite")
    let store = try RunStore(path: all)
    func joining(_ file: String) -> String {
      message { _ = try store.merge([scratch.path("a.sqlite"), scratch.path(file)]) }
        .replacing(scratch.folder, with: "")
    }
    try record([2: 2, 3: 3], of: sweep(), in: "better.sqlite", isBetter: true)
    #expect(
      joining("better.sqlite") == "/better.sqlite: point 3: contradicts what /all.sqlite says; nothing was merged")
    try record([3: 4], of: sweep(), in: "config.sqlite")
    #expect(
      joining("config.sqlite") == "/config.sqlite: point 3: contradicts what /all.sqlite says; nothing was merged")
    try record([3: 0], of: sweep(), in: "failed.sqlite")
    #expect(
      joining("failed.sqlite") == "/failed.sqlite: point 3: contradicts what /all.sqlite says; nothing was merged")
    try record([1: 1], of: sweep("t"), in: "other.sqlite")
    #expect(joining("other.sqlite") == "/other.sqlite: holds the sweep \"t\" and /all.sqlite \"s\"")
    try record([1: 1], of: sweep(values: "1, 2"), in: "changed.sqlite")
    let changed = "holds the sweep \"s\" as another file or version of lpsim defines it"
    #expect(joining("changed.sqlite") == "/changed.sqlite: \(changed)")
    try record([1: 1], of: sweep(), in: "newer.sqlite", version: "0.2.0")
    #expect(joining("newer.sqlite") == "/newer.sqlite: \(changed)")
    try RunStore(path: scratch.path("runs.sqlite")).store(describe("layered"))
    #expect(joining("runs.sqlite") == "/runs.sqlite: holds no sweep; expected what lpsim sweep made")
    #expect(joining("none.sqlite") == "/none.sqlite: cannot be read: No such file or directory")
    #expect(try rows(all, "SELECT * FROM sweep") == [])
    #expect(try rows(all, "SELECT * FROM run") == [])
  }
}
