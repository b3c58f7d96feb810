import Foundation
import TestSupport
import Testing

/// `list`, `show`, `trace`, `reproduce` and the help texts.
struct ListingTests {
  private let sandbox: Sandbox

  init() throws { sandbox = try Sandbox() }

  @Test(arguments: [
    ("models", "qwen3-30b-a3b"), ("gpus", "h100-sxm-80gb"), ("engines", "layered-prefill-paper"),
    ("policies", "layered"), ("policies", "disaggregated"), ("routers", "round-robin"), ("traces", "sharegpt"),
    ("metrics", "ttft_mean_ms"),
  ])
  func everyListHasWhatItIsNamedFor(_ subject: String, _ entry: String) throws {
    let list = try sandbox.lpsim("list", subject)
    #expect(list.status == 0)
    #expect(list.errors == "")
    #expect(list.out.split(separator: "\n").contains { $0.hasPrefix("\(entry) ") })
  }

  @Test func tablesFitATerminal() throws {
    for line in [
      "list models", "list gpus", "list engines", "list policies", "list routers", "list traces",
      "reproduce --only fig2", "analyze deepseek-r1 --gpus 8..256",
    ] {
      let widest = try sandbox.lpsim(words: line).out.split(separator: "\n").map(\.count).max()
      #expect(try #require(widest) <= 115, "\(line)")
    }
  }

  @Test func showTellsTheMemoryAndTheRidgePoints() throws {
    let show = try sandbox.lpsim("show", paperConfig)
    #expect(show.status == 0)
    for title in [
      "memory of each GPU", "GPUs  ", "cut of a replica", "tensor 2", "KV blocks", "KV tokens",
      "ridge point, FLOP a byte", "\"tensorParallel\": 2",
    ] {
      #expect(show.out.contains(title))
    }
  }

  @Test(arguments: [("bf16", "70272"), ("fp8", "35136")])
  func everyGPUOfDeepSeekKeepsTheLatentOfEveryToken(_ type: String, _ bytes: String) throws {
    let show = try sandbox.lpsim("show", "deepseek-r1", "--set", "kvCacheType=\(type)")
    #expect(show.status == 0)
    let row = try #require(show.out.split(separator: "\n").first { $0.hasPrefix("KV bytes of a token") })
    #expect(row.split(separator: " ").suffix(2) == [Substring(bytes), Substring(bytes)])
  }

  @Test func analyzeTellsWhatLimits() throws {
    let words = "analyze qwen3-30b --context 4096 --batch 1,64 --batch 198 --gpus 8..64"
    let tables = try sandbox.lpsim(words: words)
    #expect(tables.status == 0 && tables.errors == "")
    for part in ["prefill of 4096 tokens: ", "decode of 1 request at ", "decode attention ", "B_MoE: ", "B_cap: "] {
      #expect(tables.out.contains(part))
    }
    let end = try #require(tables.out.firstRange(of: "\nWhat limits decoding: memory bandwidth. "))
    let json = try sandbox.lpsim(words: "\(words) --json --picture roofline.svg")
    let object = try #require(try JSONSerialization.jsonObject(with: Data(json.out.utf8)) as? [String: Any])
    let meaning = try #require(object["meaning"] as? String)
    #expect(tables.out[end.lowerBound...].split { $0.isWhitespace } == meaning.split { $0.isWhitespace })
    #expect((object["phases"] as? [Any])?.count == 4 && (object["systems"] as? [Any])?.count == 4)
    #expect(try sandbox.read("roofline.svg").contains("decode: operators on a GPU under its roofline"))
  }

  @Test func analyzeTellsHowUnevenSpreadExpertsAre() throws {
    let words = "analyze deepseek-r1 --batch 64 --set expertParallel=8 --set expertPlacement=balanced"
    let tables = try sandbox.lpsim(words: "\(words) --set redundantExperts=32")
    #expect(
      tables.out.contains(
        """
        experts on 8 GPUs, balanced, 32 redundant  busiest GPU's pairs over the mean
        ────────────────────────────────────────────────────────────────────────────
        prefill of 4096 tokens                                                  1.04
        decode of 64 requests at 4096 tokens                                    1.18

        """))
    let show = try sandbox.lpsim(words: "show deepseek-r1 --set expertParallel=8 --set redundantExperts=32")
    #expect(
      show.out.contains("\ncut of a replica               tensor 8, 36 experts a GPU  tensor 8, 36 experts a GPU\n"))
    #expect(try !sandbox.lpsim(words: "analyze deepseek-r1 --batch 64").out.contains("busiest GPU's pairs"))
  }

  @Test func whatShowPrintsRunsAndGivesTheSameMetrics() throws {
    let shown = try sandbox.lpsim("show", paperConfig, "--config-only", "--set", "policies.layered.maxGroups=8")
    try sandbox.write(shown.out, to: "mine.json")
    let workload = "--trace arxiv --requests 5 --json"
    let mine = try sandbox.lpsim(words: "run mine.json \(workload)")
    let direct = try sandbox.lpsim(words: "run \(paperConfig) --set policies.layered.maxGroups=8 \(workload)")
    #expect(mine.status == 0)
    #expect(mine == direct)
  }

  @Test func aTraceIsDescribedInNumbers() throws {
    let statistics = try sandbox.lpsim(words: "trace sharegpt --requests 200 --rate 4 --json")
    let object = try #require(try JSONSerialization.jsonObject(with: Data(statistics.out.utf8)) as? [String: Any])
    #expect(object["requests"] as? Double == 200)
    for name in ["prompt_tokens_p50", "output_tokens_p99", "mean_rate_rps", "burstiness"] {
      #expect(object[name] is Double, "\(name)")
    }
    #expect(object["best_prefix_hit_pct"] is NSNull)
    let bursts = try sandbox.run(
      sandbox.process(["trace", "sharegpt", "--arrivals", "{\"process\": \"gamma\", \"burstiness\": 0.5}"]))
    #expect(bursts.status == 0)
    #expect(
      try sandbox.lpsim("trace", "sharegpt", "--arrivals", "gamma")
        == .refused(.config, "--arrivals: the key \"burstiness\" is missing"))
  }

  @Test func reproducePrintsThePublishedFiguresBesideOurs() throws {
    let figures = try sandbox.lpsim("reproduce", "--only", "fig2")
    #expect(figures.status == 0)
    let rows = figures.out.split(separator: "\n").map { $0.split(separator: " ").compactMap { Double($0) } }
    #expect(rows.filter { $0.count == 13 }.map { $0[0] } == [512, 1024, 2048, 4096, 8192])
    let json = try sandbox.lpsim("reproduce", "--only", "fig2", "--json", "--html", "page.html", "--out", "page.md")
    #expect(json.status == 0 && json.errors == "")
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(json.out.utf8)) as? [String: [[String: Any]]])
    #expect((object["experiments"]?.first?["figures"] as? [Any])?.count == 20)
    #expect(try sandbox.read("page.html").contains("\n<h2>fig2: one prompt in chunks</h2>\n"))
    #expect(try sandbox.read("page.md").contains("](images/fidelity/fig2-1.svg)"))
    #expect(try sandbox.read("images/fidelity/fig2-1.svg").hasPrefix("<svg "))
  }

  @Test(arguments: [
    "", "run", "sweep", "export", "report", "merge", "list", "show", "analyze", "trace", "reproduce", "sensitivity",
    "capacity",
    "compare-bench",
  ])
  func everyExampleInTheHelpRuns(_ command: String) throws {
    let help = try sandbox.lpsim(words: "\(command) --help")
    #expect(help.status == 0)
    #expect(help.errors == "")
    // `make test-cluster` has what these need.
    let isElsewhere = ["--executor slurm", "--executor parallel"]
    let examples = help.out.split(separator: "\n").map { $0.drop { $0 == " " } }.filter { line in
      line.hasPrefix("lpsim ") && !isElsewhere.contains { line.contains($0) }
    }
    #expect(!examples.isEmpty)
    try sandbox.write(
      "arrival_ms,prompt_tokens,output_tokens\n0,100,10\n5,200,10\n9,300,10\n", to: "azure_2023_code.csv")
    try sandbox.write(
      (0..<3).map { "{\"timestamp\": \($0), \"input_length\": 600, \"output_length\": 9, \"hash_ids\": [1, \($0)]}\n" }
        .joined(),
      to: "mooncake.jsonl")
    try sandbox.write(
      "{\"duration\": 1, \"request_rate\": \"inf\", \"input_lens\": [9], \"output_lens\": [1], \"ttfts\": [1], \"itls\": [[]]}",
      to: "vllm.json")
    for example in examples {
      // The last option of a kind counts, so these runs are short.
      var short = example.hasPrefix("lpsim run") ? " --requests 3" : ""
      if example.hasPrefix("lpsim sensitivity") {
        short = " --requests 2 --seeds 1 --samples 2 --only engine.hostSecondsPerRequest"
      }
      if example.hasPrefix("lpsim capacity") { short = " --seeds 1 --seconds 2" }
      let outcome = try sandbox.shell(example + short)
      #expect(outcome.status == 0, "\(example): \(outcome)")
    }
  }

  @Test(arguments: ["bash", "zsh", "fish"])
  func theShellLearnsToComplete(_ shell: String) throws {
    let script = try sandbox.lpsim("--generate-completion-script", shell)
    #expect(script.status == 0)
    #expect(script.errors == "")
    #expect(script.out.contains("layered") && script.out.contains("reproduce"))
  }

  @Test func theVersionIsTheOneThatResultsCarry() throws {
    let version = try sandbox.lpsim("--version").out.split(separator: "\n")
    let run = try sandbox.lpsim(words: "run \(paperConfig) --trace arxiv --requests 1 --json")
    #expect(version.count == 1)
    #expect(run.out.contains("\"lpsim\": \"\(version[0])\""))
  }
}
