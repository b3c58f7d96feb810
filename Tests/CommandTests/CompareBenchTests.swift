import Foundation
import GRDB
import TestSupport
import Testing

/// `lpsim run --bench-json` and `lpsim compare-bench`.
struct CompareBenchTests {
  private let sandbox: Sandbox

  init() throws { sandbox = try Sandbox() }

  /// What a benchmark client wrote of three requests, two answered: the second failed.
  private func write(_ more: String...) throws {
    let fields =
      ["\"duration\": 2.5", "\"input_lens\": [100, 50, 200]", "\"output_lens\": [3, 0, 2]"]
      + ["\"ttfts\": [0.5, 0.0, 0.25]", "\"itls\": [[0.1, 0.3], [], [0.2]]"]
      + ["\"generated_texts\": [\"\\ud83d\\ude00\", \"\", \"b\"]", "\"errors\": [\"\", \"timeout\", \"\"]"]
    try sandbox.write("{" + (fields + more).joined(separator: ", ") + "}", to: "vllm.json")
  }

  private func object(_ text: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  private func figures(_ options: String...) throws -> [String: [String: Double?]] {
    let out = try sandbox.run(sandbox.process(["compare-bench", "vllm.json", paperConfig, "--json"] + options))
    #expect(out.errors == "")
    let figures = try #require(object(out.out)["figures"] as? [String: [String: Any]])
    return figures.mapValues { $0.mapValues { $0 as? Double } }
  }

  @Test(arguments: ["chunked", "layered"])
  func whatRunWroteComparesWithItselfWithoutError(_ policy: String) throws {
    let run = try sandbox.lpsim(
      words:
        "run \(paperConfig) --trace sharegpt --requests 30 --rate 6 --policy \(policy) --bench-json vllm.json --json")
    #expect(run.status == 0)
    let metrics = try JSONOutput(run.out).runs[0].metrics
    let figures = try figures("--policy", policy)
    #expect(figures.count == 24)
    for (key, figure) in figures { #expect(figure["error_pct"] == 0, "\(key): \(figure)") }
    for (ours, theirs) in [("ttft", "ttft"), ("tbt", "itl"), ("tpot", "tpot"), ("e2e", "e2el")] {
      let (mean, measured) = (try #require(metrics["\(ours)_mean_ms"]), figures["mean_\(theirs)_ms"]?["measured"])
      #expect(abs(try #require(measured ?? nil) / mean - 1) < 1e-6, "\(ours)")
    }
    let table = try sandbox.lpsim(words: "compare-bench vllm.json \(paperConfig) --policy \(policy)")
    let lines = table.out.split(separator: "\n")
    #expect(lines[0] == "30 requests of vllm.json, sent as recorded, served by \(policy)")
    #expect(lines.count == 27 && lines.dropFirst(3).allSatisfy { $0.hasSuffix("=") })
  }

  @Test func theFileHasTheClientsKeysAndAnItemForEachRequest() throws {
    try sandbox.write("arrival_ms,prompt_tokens,output_tokens\n0,100,3\n5,40000,10\n9,300,1\n", to: "three.csv")
    let run = try sandbox.lpsim(
      words:
        "run \(paperConfig) --trace three.csv --policy layered --bench-json out.json --record requests --out a.sqlite")
    #expect(run.status == 0)
    let file = try object(sandbox.read("out.json"))
    #expect(benchmarkKeys.filter { file[$0] == nil } == [])
    #expect(file["completed"] as? Int == 2 && file["failed"] as? Int == 1 && file["num_prompts"] as? Int == 3)
    #expect(file["input_lens"] as? [Int] == [100, 40000, 300])
    #expect(file["output_lens"] as? [Int] == [3, 0, 1])
    #expect((file["itls"] as? [[Double]])?.map(\.count) == [2, 0, 0])
    #expect(file["start_times"] as? [Double] == [0, 0.005, 0.009])
    #expect(file["errors"] as? [String] == ["", "rejected_too_long", ""])
    #expect(file["request_rate"] as? String == "inf")
    let plain = try sandbox.lpsim(
      words: "run \(paperConfig) --trace three.csv --policy layered --record requests --out b.sqlite")
    #expect(plain.out == run.out)
    for name in ["a.sqlite", "b.sqlite"] {
      let kept = try DatabaseQueue(path: sandbox.path(name)).read { db in
        try ["request", "iteration", "emission"].map { try Int.fetchOne(db, sql: "SELECT count(*) FROM \($0)") }
      }
      #expect(kept == [3, 0, 0], "\(name)")
    }
  }

  @Test func everyOfSeveralPoliciesGetsAFile() throws {
    let run = try sandbox.lpsim(words: "run \(paperConfig) --trace arxiv --requests 2 --bench-json out.v1.json")
    #expect(run.status == 0)
    #expect(try sandbox.contents() == ["out.v1-chunked.json", "out.v1-layered.json", "results"])
  }

  @Test func statisticsOfTheMeasuredAreTheClients() throws {
    try write("\"start_times\": [1000.5, 1000.6, 1001.5]")
    let figures = try figures()
    func measured(_ key: String) -> Double? { figures[key]?["measured"] ?? nil }
    #expect(measured("duration") == 2.5)
    #expect(measured("request_throughput") == 0.8)
    #expect(measured("output_throughput") == 2)
    #expect(measured("mean_ttft_ms") == 375)
    #expect(measured("p50_itl_ms") == 200)
    #expect(measured("p90_itl_ms") == 280)
    #expect(measured("mean_tpot_ms").map { abs($0 - 200) < 1e-9 } == true)
    #expect(measured("p50_e2el_ms").map { abs($0 - 675) < 1e-9 } == true)
  }

  @Test(arguments: [
    ("\"start_times\": [7.5, 7.6, 8.5]", "sent as recorded"),
    ("\"request_rate\": 2.0, \"burstiness\": 1.0", "sent with the client's gaps after its seed 0"),
    ("\"request_rate\": \"inf\", \"max_concurrency\": null", "sent all at once"),
  ])
  func requestsAreSentAsTheFileKnows(_ traffic: String, _ sending: String) throws {
    try write(traffic)
    let table = try sandbox.lpsim(words: "compare-bench vllm.json \(paperConfig)")
    #expect(table.errors == "")
    let words = table.out.split { $0.isWhitespace }.joined(separator: " ")
    #expect(
      words.hasPrefix("2 requests of vllm.json, 1 that failed left out, \(sending), served by chunked metric unit"))
  }

  @Test(arguments: [
    ("{}", "the list \"input_lens\" is missing — measure with vllm bench serve --save-result --save-detailed"),
    (
      "{\"input_lens\": [1], \"output_lens\": [1], \"ttfts\": [0.1]}",
      "the list \"itls\" is missing — measure with vllm bench serve --save-result --save-detailed"
    ),
    (
      "{\"input_lens\": [1], \"output_lens\": [1, 2]}",
      "output_lens: has 2 items where input_lens has 1"
    ),
    (
      lists + ", \"request_rate\": 1, \"burstiness\": 0.5}",
      "burstiness: gaps of burstiness 0.5 cannot be drawn again, only those of 1 — \(newer)"
    ),
    (
      lists + ", \"max_concurrency\": 8}",
      "max_concurrency: the client held requests back and did not save when it sent them — \(newer)"
    ),
    (lists + ", \"request_rate\": 0}", "request_rate: 0.0 is out of range; expected above 0"),
    (lists + ", \"request_rate\": 1}", "duration: is missing or not above 0 seconds"),
    (lists + "}", "the key \"request_rate\" is missing"),
    (
      lists + ", \"start_times\": [0], \"errors\": [\"lost\"]}",
      "no request was answered, all 1 failed, so there is nothing to compare"
    ),
    ("[1]", "column 1: not JSON: \"[\" where \"{\" was expected"),
  ])
  func aFileThatCannotBeReplayedIsRefused(_ text: String, _ complaint: String) throws {
    try sandbox.write(text, to: "vllm.json")
    #expect(
      try sandbox.lpsim("compare-bench", "vllm.json", paperConfig) == .refused(.data, "vllm.json: \(complaint)"))
  }
}

private let lists = "{\"input_lens\": [1], \"output_lens\": [1], \"ttfts\": [0.1], \"itls\": [[]]"
private let newer = "measure with a newer vllm bench serve, which saves when it sent each request (start_times)"

/// What vllm/benchmarks/serve.py writes of a run of a language model without options.
private let benchmarkKeys = [
  "date", "endpoint_type", "backend", "label", "model_id", "tokenizer_id", "num_prompts", "request_rate", "burstiness",
  "max_concurrency", "duration", "completed", "failed", "total_input_tokens", "total_output_tokens",
  "request_throughput", "request_goodput", "output_throughput", "total_token_throughput", "input_lens", "output_lens",
  "ttfts", "itls", "latencies", "start_times", "generated_texts", "errors", "max_output_tokens_per_s",
  "max_concurrent_requests", "mean_ttft_ms", "median_ttft_ms", "std_ttft_ms", "p99_ttft_ms", "mean_tpot_ms",
  "median_tpot_ms", "std_tpot_ms", "p99_tpot_ms", "mean_itl_ms", "median_itl_ms", "std_itl_ms", "p99_itl_ms",
]
