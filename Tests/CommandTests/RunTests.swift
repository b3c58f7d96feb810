import Foundation
import GRDB
import TestSupport
import Testing

/// `lpsim run` as a user meets it.
struct RunTests {
  private let sandbox: Sandbox

  init() throws { sandbox = try Sandbox() }

  @Test func aRunComparesBothPoliciesAndSaysWhereTheyAreStored() throws {
    let run = try sandbox.lpsim("run", paperConfig, "--trace", "arxiv", "--requests", "5")
    #expect(run.status == 0)
    #expect(run.errors == "saved in results/qwen3-30b.sqlite\n")
    let lines = run.out.split(separator: "\n")
    #expect(lines[0].split(separator: " ") == ["metric", "unit", "chunked", "layered", "change"])
    #expect(lines.contains { $0.hasPrefix("Against chunked, layered ") })
    #expect(lines.allSatisfy { $0.count <= 100 })
    #expect(try sandbox.contents() == ["results"])
    #expect(try FileManager.default.contentsOfDirectory(atPath: sandbox.path("results")) == ["qwen3-30b.sqlite"])
  }

  @Test func everyPromisedMetricIsANumberInTheOneObjectOnStandardOutput() throws {
    let run = try sandbox.lpsim("run", paperConfig, "--trace", "arxiv", "--requests", "5", "--json")
    #expect(run.errors == "")
    let output = try JSONOutput(run.out)
    #expect(output.policies == ["chunked", "layered"])
    for run in output.runs {
      #expect(promisedMetrics.filter { run.metrics[$0] == nil } == [])
      #expect(run.metrics["requests_completed"] == 5)
    }
  }

  @Test(arguments: ["chunked", "layered", "orca", "static"])
  func aPolicyRunsByItself(_ policy: String) throws {
    let run = try sandbox.lpsim("run", paperConfig, "--trace", "arxiv", "--requests", "5", "--policy", policy, "--json")
    #expect(try JSONOutput(run.out).policies == [policy])
  }

  @Test func rateRequestsAndSeedSayWhatIsServed() throws {
    func metrics(_ options: String...) throws -> [String: Double] {
      let words = ["run", paperConfig, "--trace", "sharegpt", "--policy", "layered", "--json"] + options
      return try JSONOutput(sandbox.run(sandbox.process(words)).out).runs[0].metrics
    }
    let slow = try metrics("--requests", "20", "--rate", "1", "--seed", "3")
    let fast = try metrics("--requests", "20", "--rate", "8", "--seed", "3")
    let other = try metrics("--requests", "20", "--rate", "8", "--seed", "4")
    #expect(slow["requests_completed"] == 20)
    #expect(slow["prompt_tokens"] == fast["prompt_tokens"])
    #expect(try #require(slow["makespan_s"]) > #require(fast["makespan_s"]))
    #expect(other["prompt_tokens"] != fast["prompt_tokens"])
  }

  @Test func aRecipeIsTheSameByNameAndByPath() throws {
    let byName = try sandbox.lpsim(words: "run \(paperConfig) --trace arxiv --requests 3 --json")
    let byPath = try sandbox.lpsim(
      words: "run \(paperConfig) --trace \(projectFile("configs/traces/arxiv.json")) --requests 3 --json")
    #expect(byName == byPath)
    #expect(byName.status == 0)
  }

  @Test func keysOfTheEngineThePoliciesAndTheTraceCanBeSet() throws {
    func metrics(_ settings: String...) throws -> [String: Double] {
      let words = ["run", paperConfig, "--trace", "arxiv", "--requests", "5", "--policy", "layered", "--json"]
      return try JSONOutput(sandbox.run(sandbox.process(words + settings.flatMap { ["--set", $0] })).out).runs[0]
        .metrics
    }
    let usual = try metrics()
    let lighter = try metrics("engine.hostSecondsPerIteration=0.001")
    #expect(try #require(lighter["ttft_mean_ms"]) < #require(usual["ttft_mean_ms"]))
    let coarser = try metrics("policies.layered.maxGroups=1")
    #expect(try #require(coarser["tbt_max_ms"]) > #require(usual["tbt_max_ms"]))
    let reread = try metrics("engine.experts[*].rereadShare=0.5")
    #expect(try #require(reread["ttft_mean_ms"]) > #require(usual["ttft_mean_ms"]))
    let shorter = try metrics("trace.lengths.prompt.median=3000")
    #expect(try #require(shorter["prompt_tokens"]) < #require(usual["prompt_tokens"]))
    let faster = try metrics("gpu=h200-sxm-141gb", "gpu.memoryBandwidthBytesPerSecond=5e12")
    #expect(try #require(faster["tbt_mean_ms"]) < #require(usual["tbt_mean_ms"]))
  }

  @Test func anUnchangedHuggingFaceConfigIsAModel() throws {
    try sandbox.write(huggingFaceConfig, to: "models/Qwen3-8B/config.json")
    let run = try sandbox.lpsim(
      "run", paperConfig, "--trace", "arxiv", "--requests", "3", "--json", "--set",
      "model=\(sandbox.path("models/Qwen3-8B/config.json"))")
    #expect(run.errors == "")
    let named = try sandbox.lpsim(
      "run", paperConfig, "--trace", "arxiv", "--requests", "3", "--json", "--set", "model=qwen3-8b")
    #expect(try JSONOutput(run.out).runs[0].metrics == JSONOutput(named.out).runs[0].metrics)
  }

  @Test(arguments: [("none", 0, false), ("requests", 7, false), ("iterations", 7, true)])
  func theDatabaseKeepsWhatRecordAsksFor(_ level: String, _ requests: Int, _ iterations: Bool) throws {
    let run = try sandbox.lpsim(
      "run", paperConfig, "--trace", "arxiv", "--requests", "7", "--record", level, "--out", "mine.sqlite", "--json")
    let output = try JSONOutput(run.out)
    #expect(try sandbox.contents() == ["mine.sqlite"])
    try DatabaseQueue(path: sandbox.path("mine.sqlite")).read { db in
      #expect(try Int.fetchAll(db, sql: "SELECT id FROM run").count == 2)
      for (index, run) in output.runs.enumerated() {
        func count(_ table: String) throws -> Int? {
          try Int.fetchOne(db, sql: "SELECT count(*) FROM \(table) WHERE run = ?", arguments: [index + 1])
        }
        let ran = Int(try #require(run.metrics["iterations"]))
        #expect(try count("request") == requests)
        #expect(try count("iteration") == (iterations ? ran : 0))
        let rows = try Row.fetchAll(
          db, sql: "SELECT name, value FROM metric WHERE run = ? AND value IS NOT NULL", arguments: [index + 1])
        let stored = Dictionary(uniqueKeysWithValues: rows.map { ($0["name"] as String, $0["value"] as Double) })
        #expect(stored == run.metrics)
      }
    }
  }

  @Test func tooLongRequestsAreCountedAndRefusedAndTheOthersServed() throws {
    try sandbox.write(
      "arrival_ms,prompt_tokens,output_tokens\n0,100,10\n5,40000,10\n6,30000,3000\n", to: "long.csv")
    let run = try sandbox.lpsim("run", paperConfig, "--trace", "long.csv", "--policy", "layered", "--json")
    #expect(run.status == 0)
    let metrics = try JSONOutput(run.out).runs[0].metrics
    #expect(metrics["requests_completed"] == 1)
    #expect(metrics["requests_rejected"] == 2)
    #expect(metrics["requests_rejected_too_long"] == 2)
    let table = try sandbox.lpsim("run", paperConfig, "--trace", "long.csv", "--set", "maxModelLen=16")
    #expect(table.status == 0)
    #expect(
      table.out.hasSuffix("No request was completed under chunked and layered, so there is nothing to compare.\n"))
  }

  @Test func aClosedPipeEndsARunWithoutAWord() throws {
    let run = try sandbox.shell("lpsim run '\(paperConfig)' --trace arxiv --requests 3 | true")
    #expect(run == Outcome(status: 0, out: "", errors: ""))
    #expect(try sandbox.shell("lpsim trace arxiv --convert vidur --requests 100000 | head -1").errors == "")
  }
}

/// The names that the project promised to keep.
private let promisedMetrics = [
  "ttft_mean_ms", "ttft_p50_ms", "ttft_p90_ms", "ttft_p99_ms", "tbt_mean_ms", "tbt_p99_ms", "tbt_max_ms",
  "tpot_mean_ms", "e2e_mean_ms", "e2e_p99_ms", "slo_attainment_pct", "goodput_rps", "request_throughput_rps",
  "output_throughput_tps", "requests_completed", "requests_rejected", "preemptions", "iterations",
  "mean_requests_in_flight", "mean_decode_batch", "expert_load_bytes", "hbm_bytes", "nvlink_bytes", "flops", "energy_j",
  "energy_per_token_mj", "energy_per_output_token_mj", "mean_power_w", "makespan_s",
]

/// config.json of Qwen/Qwen3-8B as it is published (Apache-2.0).
private let huggingFaceConfig = """
  {
    "architectures": ["Qwen3ForCausalLM"],
    "attention_bias": false,
    "attention_dropout": 0.0,
    "bos_token_id": 151643,
    "eos_token_id": 151645,
    "head_dim": 128,
    "hidden_act": "silu",
    "hidden_size": 4096,
    "initializer_range": 0.02,
    "intermediate_size": 12288,
    "max_position_embeddings": 40960,
    "max_window_layers": 36,
    "model_type": "qwen3",
    "num_attention_heads": 32,
    "num_hidden_layers": 36,
    "num_key_value_heads": 8,
    "rms_norm_eps": 1e-06,
    "rope_scaling": null,
    "rope_theta": 1000000,
    "sliding_window": null,
    "tie_word_embeddings": false,
    "torch_dtype": "bfloat16",
    "transformers_version": "4.51.0",
    "use_cache": true,
    "use_sliding_window": false,
    "vocab_size": 151936
  }
  """
