import ArgumentParser
import Base
import Results
import Sim
import Traces

/// `lpsim compare-bench`.
struct CompareBenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare-bench",
    abstract: "Sets what vLLM's benchmark client measured beside a simulation of the very same requests.",
    discussion: """
      Reads the JSON that vllm bench serve --save-result --save-detailed writes (or benchmark_serving.py before it, or \
      lpsim run --bench-json) and serves its requests again: their lengths, and when they were sent. Where the file does \
      not say when (start_times), the client's own gaps are drawn, with seed 0 at its request rate. Failed requests are \
      left out.

      EXAMPLES
        lpsim compare-bench vllm.json qwen3-30b
        lpsim compare-bench vllm.json qwen3-30b --set sampling=random --json
        lpsim compare-bench vllm.json qwen3-30b --policy layered
      """)

  @Argument(
    help: ArgumentHelp("What the client wrote.", valueName: "result.json"), completion: .file(extensions: ["json"]))
  var result: String

  @OptionGroup var deployment: DeploymentOptions

  @Option(
    help: ArgumentHelp(
      "The server's policy (default: the first that the config compares).", valueName: "name"),
    completion: .list(Sim.comparables.map(\.name)))
  var policy: String?

  @Flag(help: "Print one JSON object instead of the table.")
  var json = false

  func run() throws {
    let measured = try ClientRun(contentsOf: result)
    let experiment = try Experiment(
      of: deployment.resolve(in: .standard()), serving: TraceChoice(replaying: measured, of: result),
      programVersion: Program.version)
    let policy = try knownPolicy(policy) ?? experiment.deployment.compared[0]
    Interrupt.listen()
    let simulated = try simulate(experiment, under: policy)
    if json {
      try Terminal.print(benchmarkJSON(measured: measured, simulated: simulated, policy: policy, file: result))
    } else {
      try Terminal.print(
        wrapped(heading(measured, simulated, policy)) + "\n\n"
          + benchmarkTable(measured: measured, simulated: simulated))
    }
  }

  private func simulate(_ experiment: Experiment, under policy: String) throws -> ClientRun {
    let recorder = ClientRecorder()
    var bar = ProgressBar(policy, total: experiment.workload.requestCount)
    defer { bar.clear() }
    _ = try experiment.simulate(policy, recorder: recorder) {
      try Interrupt.check(keeping: "nothing was stored")
      bar.show($0)
    }
    let run = recorder.run
    guard !run.answered.isEmpty else {
      throw InputError(
        .config, file: result, "none of its requests fits the deployment, so there is nothing to compare")
    }
    return run
  }

  private func heading(_ measured: ClientRun, _ simulated: ClientRun, _ policy: String) -> String {
    let failed = measured.failed.isEmpty ? "" : ", \(measured.failed.count) that failed left out"
    let rejected = simulated.failed.isEmpty ? "" : "; the simulated server turned \(simulated.failed.count) away"
    return
      "\(measured.answered.count) requests of \(result)\(failed), \(measured.sending.rawValue), served by \(policy)"
      + rejected
  }
}
