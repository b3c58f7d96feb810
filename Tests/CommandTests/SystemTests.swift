import Base
import Foundation
import GRDB
import TestSupport
import Testing

/// Deployments of several replicas, whole and split.
struct SystemTests {
  private let sandbox: Sandbox

  init() throws { sandbox = try Sandbox() }

  @Test func threeWaysToUseFourReplicasStandInOneTable() throws {
    let run = try sandbox.lpsim(words: "run qwen3-30b-4x --trace sharegpt --requests 60 --json")
    #expect(run.status == 0)
    let output = try JSONOutput(run.out)
    #expect(output.policies == ["chunked", "layered", "disaggregated"])
  }

  @Test func replicasAreAKeyLikeAnyOther() throws {
    let words = "run qwen3-30b --trace sharegpt --set replicas=4 --rate 16 --requests 60 --set router=session-affinity"
    let run = try sandbox.lpsim(words: words)
    #expect(run.status == 0)
    #expect(!run.out.contains("KV transfer"), "where nothing moves nothing is said of it")
  }

  /// Requests come so slowly that no two compute the same paper, and there is room for all papers that are asked about.
  @Test func questionsAboutTheSamePaperFindItsKeysAndValues() throws {
    let words = "--requests 40 --rate 0.01 --json"
    let trace = try sandbox.lpsim(words: "trace arxiv-qa \(words)").out
    let numbers = try #require(JSONSerialization.jsonObject(with: Data(trace.utf8)) as? [String: Any])
    let best = try #require(numbers["best_prefix_hit_pct"] as? Double)
    let run = try sandbox.lpsim(words: "run qwen3-30b --trace arxiv-qa --set prefixCaching=true \(words)")
    let found = try JSONOutput(run.out).runs.compactMap { $0.metrics["prefix_cache_hit_pct"] }
    #expect(found.count == 2 && best > 30)
    for share in found { #expect(abs(share - best) < 1e-6) }
  }

  @Test func everyTokenIsFoundInAnIterationOfItsReplica() throws {
    let run = try sandbox.lpsim(
      words: "run qwen3-30b-4x --trace sharegpt --requests 60 --record iterations --out r.sqlite")
    #expect(run.status == 0)
    try DatabaseQueue(path: sandbox.path("r.sqlite")).read { db in
      let runs = try Row.fetchAll(
        db,
        sql: """
          SELECT policy, gpus, (SELECT sum(output_tokens) FROM request WHERE run = run.id) AS tokens,
            (SELECT count(*) FROM emission JOIN iteration ON iteration.run = emission.run
              AND iteration.replica = emission.replica AND idx BETWEEN first_iteration AND last_iteration
              WHERE emission.run = run.id) AS found,
            (SELECT count(DISTINCT replica) FROM iteration WHERE run = run.id) AS replicas,
            (SELECT count(cache_arrival_ms) FROM request WHERE run = run.id) AS moved
          FROM run ORDER BY policy_index
          """)
      for row in runs {
        #expect(row["gpus"] == 8 && row["replicas"] == 4)
        #expect((row["tokens"] as Int) == (row["found"] as Int))
      }
      #expect(runs.map { $0["moved"] > 0 } == [false, false, true])
    }
  }

  @Test func replicasRoutersAndTheSplitAreAxes() throws {
    try sandbox.write(
      """
      {"name": "systems", "base": "qwen3-30b-4x", "trace": "sharegpt", "requests": 20, "rate": 8, "axes": [
        {"key": "replicas", "values": [2, 4]}, {"key": "router", "values": ["round-robin", "session-affinity"]},
        {"key": "policy", "values": ["layered", "disaggregated"]},
        {"key": "policies.disaggregated.prefillReplicas", "values": [1, 2]}]}
      """, to: "systems.json")
    let run = try sandbox.lpsim(words: "sweep systems.json --out s.sqlite")
    #expect(run.status == 0)
    try DatabaseQueue(path: sandbox.path("s.sqlite")).read { db in
      #expect(try Int.fetchOne(db, sql: "SELECT count(*) FROM point WHERE run IS NOT NULL") == 10)
      let errors = try String.fetchAll(db, sql: "SELECT error FROM point WHERE error IS NOT NULL")
      #expect(errors.count == 2 && errors.allSatisfy { $0.hasSuffix("2 of 2 replicas prefill, so none decodes") })
      #expect(try Int.fetchAll(db, sql: "SELECT DISTINCT gpus FROM run ORDER BY gpus") == [4, 8])
    }
  }

  @Test func showTellsHowManyGPUsEachPoolHas() throws {
    let show = try sandbox.lpsim("show", "qwen3-30b-4x")
    let lines = show.out.split(separator: "\n").map(String.init)
    #expect(lines.contains { $0.hasPrefix("memory of each GPU") && $0.hasSuffix("disaggregated, decode") })
    let gpus = try #require(lines.first { $0.hasPrefix("GPUs ") })
    #expect(gpus.split(separator: " ").dropFirst() == ["8", "8", "4", "4"])
  }

  @Test(arguments: [
    ("replicas=0", "", "--set: replicas: 0 is out of range; expected 1…4096"),
    ("router=roundrobin", "", #"--set: router: no router "roundrobin" — did you mean "round-robin"?"#),
    ("kvTransfer=null", "", "--set: kvTransfer: null is not an object"),
    (
      "policies.disaggregated.decode=disaggregated", "",
      #"--set: policies.disaggregated.decode: no policy "disaggregated" — known: chunked, layered, orca, static"#
    ),
    (
      "kvTransfer.bandwidthBytesPerSecondPerGPU=0", "",
      "--set: kvTransfer.bandwidthBytesPerSecondPerGPU: 0 is out of range; expected a number above 0"
    ),
  ])
  func whatCannotBeIsRefused(_ setting: String, _ more: String, _ message: String) throws {
    let run = try sandbox.lpsim(words: "run qwen3-30b --trace sharegpt --set \(setting) \(more)")
    #expect(run == .refused(.config, message))
  }

  @Test(arguments: [
    ("--set replicas=1", #"disaggregated needs 2 replicas or more and there is 1 — set "replicas""#),
    (
      "--set replicas=2 --set policies.disaggregated.prefillReplicas=2", "2 of 2 replicas prefill, so none decodes"
    ),
  ])
  func bothPoolsNeedReplicas(_ settings: String, _ message: String) throws {
    let run = try sandbox.lpsim(words: "run qwen3-30b --trace sharegpt --policy disaggregated \(settings)")
    #expect(run.status == InputError.Status.config.rawValue && run.out == "")
    #expect(run.errors.hasSuffix(": policies.disaggregated: \(message)\n"))
  }

  @Test func oneMachineIsOneReplica() throws {
    #expect(
      try sandbox.lpsim(words: "run cpu-tiny --trace tiny --backend cpu --set replicas=2")
        == .refused(.config, "--set: replicas: 2 replicas cannot be run for real; this machine is one"))
  }
}
