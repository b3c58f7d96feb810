import Base
import Foundation
import TestSupport
import Testing

/// Where the CPU kernels are, if they are built.
let cpuKernels = projectFile(".build/kernels/liblpk_cpu.so")
private let cudaKernels = projectFile(".build/kernels/liblpk_cuda.so")

/// `lpsim calibrate` as a user meets it.
struct CalibrateTests {
  private let sandbox: Sandbox

  init() throws { sandbox = try Sandbox() }

  /// A model whose kernels are measured in moments.
  private let smallModel = """
    {"architectures": ["Qwen3MoeForCausalLM"], "model_type": "qwen3_moe", "hidden_size": 64, "num_hidden_layers": 2,
     "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 32, "num_experts": 8, "num_experts_per_tok": 2,
     "moe_intermediate_size": 32, "decoder_sparse_step": 1, "mlp_only_layers": [], "vocab_size": 128,
     "sliding_window": null, "tie_word_embeddings": false, "torch_dtype": "bfloat16"}
    """

  @Test(arguments: [
    ("", "give --backend to measure this machine, or --from with tables of measured kernels"),
    ("--backend cpu", "--backend needs --out, to say where the profile goes"),
    ("--backend cpu --out a.json --from b.csv", "--backend measures and --from does not: give one of them"),
    ("--backend cpu --out a.json --quick --full", "--quick and --full exclude each other"),
    ("--backend cpu --out a.json --budget 0", "--budget is a time above 0"),
    ("--backend cpu --out a.json --passes 0", "--passes is 1 or more"),
    ("--from a.csv --base lpk-cpu --name a --full", "--quick, --full, --budget, --passes and --seed are for --backend"),
    ("--from a.csv --name a", "Missing expected argument '--base <name>'"),
    ("--from a.csv --base lpk-cpu", "Missing expected argument '--name <name>'"),
    ("--from a.csv --base lpk-cpu --name a --drop-beyond 1", "--drop-beyond is a factor above 1"),
    ("--from a.csv --base lpk-cpu --name a --json --markdown", "--json and --markdown exclude each other"),
  ])
  func aWrongCommandLineIsRefused(_ options: String, _ sentence: String) throws {
    #expect(
      try sandbox.lpsim(words: "calibrate \(options)")
        == .refused(.usage, "\(sentence) — see lpsim calibrate --help"))
    #expect(try sandbox.contents() == [])
  }

  @Test func aProfileIsAJSONFile() throws {
    #expect(
      try sandbox.lpsim(words: "calibrate --backend cpu --out mine")
        == .refused(.usage, "--out: \"mine\" does not end in .json, as the name of a profile does"))
  }

  @Test func missingCUDAKernelsSayHowToBuildThem() throws {
    let outcome = try sandbox.lpsim(
      "calibrate", "--backend", "cuda", "--out", "mine.json", environment: ["LPSIM_KERNEL_PATH": "/none"])
    let sentence = """
      the CUDA kernels are not built: no liblpk_cuda.so in /none — build them with: make cuda (needs no GPU; without \
      nvcc, make cuda-check fetches one)
      """
    #expect(outcome == .refused(.unavailable, sentence))
    #expect(try sandbox.contents() == [])
  }

  @Test(
    .enabled(
      if: fileExists(cudaKernels) && !fileExists("/dev/nvidiactl"),
      "only for a machine with CUDA kernels (scripts/cuda-check.sh) and without a GPU"))
  func aMissingDriverSaysSo() throws {
    let outcome = try sandbox.lpsim(
      "calibrate", "--backend", "cuda", "--out", "mine.json",
      environment: ["LPSIM_KERNEL_PATH": projectFile(".build/kernels")])
    #expect(outcome.status == 69 && outcome.out == "")
    #expect(
      outcome.errors.hasPrefix("lpsim: cuda kernels: this machine has no NVIDIA driver, or one too old for CUDA "))
    #expect(try sandbox.contents() == [])
  }
}

extension CalibrateTests {
  private func measured(_ out: String) throws -> Outcome {
    try sandbox.write(smallModel, to: "small.json")
    try FileManager.default.createDirectory(atPath: sandbox.path("engines"), withIntermediateDirectories: true)
    return try sandbox.lpsim(
      words: "calibrate --backend cpu --model small.json --budget 60 --passes 1 --seed 3 --json --out \(out)")
  }

  /// The command below a line of what a calibration says at its end.
  private func command(after title: String, in outcome: Outcome) throws -> String {
    let lines = outcome.errors.split(separator: "\n")
    let index = try #require(lines.firstIndex { $0 == "\(title):" }, "\(outcome)")
    return String(lines[index + 1].drop { $0 == " " })
  }

  @Test(.enabled(if: fileExists(cpuKernels), "the CPU kernels are not built here: run scripts/build-kernels.sh"))
  func aMeasuredMachineIsFittedFittedAgainToTheByteAndSimulated() throws {
    let outcome = try measured("engines/mine.json")
    try #require(outcome.status == 0, "\(outcome.errors)")
    #expect(try sandbox.contents() == ["engines", "gpus", "small.json"])
    let tables = [
      "attention_decode.csv", "attention_prefill.csv", "ceilings.csv", "gemm.csv", "machine.json", "moe.csv",
    ]
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: sandbox.path("engines/mine")).sorted()
        == tables + ["samples.csv"])
    let forms = try ConfigNode(parsing: outcome.out, file: "standard output").member("fits")?.elements() ?? []
    #expect(
      try forms.map { try $0.member("form")?.string() } == [
        "matrix products bf16, fewer than 33 rows", "matrix products bf16, 33 rows and more",
        "experts bf16, qwen3moeforcausallm, 32 columns", "experts bf16, any model", "decode attention",
        "prefill attention",
      ])
    try requireRoofline()
    try requireTheSameAgain(outcome)
    try requireASimulation(try command(after: "simulate it", in: outcome))
  }

  private func requireRoofline() throws {
    let picture = try sandbox.read("engines/mine.svg")
    for title in ["MoE layers: dots measured, lines fitted", "Roofline of ", "measured ceilings of memory"] {
      #expect(picture.contains(title))
    }
  }

  private func requireTheSameAgain(_ outcome: Outcome) throws {
    let files = ["engines/mine.json", "engines/mine.svg", "gpus/mine.json"]
    let before = try files.map { try sandbox.read($0) }
    for file in files { try FileManager.default.removeItem(atPath: sandbox.path(file)) }
    let again = try sandbox.shell(command(after: "fit again without measuring", in: outcome) + " --json")
    #expect(again.status == 0 && again.out == outcome.out, "\(again)")
    #expect(try files.map { try sandbox.read($0) } == before)
  }

  /// Nobody has metered this machine, so energies are null and the table says so.
  private func requireASimulation(_ command: String) throws {
    let run = try sandbox.shell("\(command) --requests 3 --json")
    try #require(run.status == 0, "\(run)")
    for run in try JSONOutput(run.out).runs {
      #expect(run.metrics["requests_completed"] == 3 && run.metrics["energy_j"] == nil)
      #expect(run.metrics.keys.filter { $0.hasPrefix("energy") || $0.hasPrefix("mean_power") } == [])
    }
    #expect(try sandbox.shell("\(command) --requests 3").out.contains("\nEnergy: not metered\n"))
  }

  @Test(.enabled(if: fileExists(cpuKernels), "the CPU kernels are not built here: run scripts/build-kernels.sh"))
  func theDataSheetOfAnotherMachineIsNotOverwritten() throws {
    try sandbox.write("{\"name\": \"Another Machine\"}", to: "gpus/mine.json")
    let outcome = try sandbox.lpsim(words: "calibrate --backend cpu --out engines/mine.json")
    #expect(outcome.status == InputError.Status.usage.rawValue)
    #expect(outcome.errors.contains("lpsim: --out: gpus/mine.json is the data sheet of Another Machine, not of "))
    #expect(try sandbox.contents() == ["gpus"])
  }
}
