import ArgumentParser
import Base
import RealKernels
import Results
import Sim

/// `lpsim run`.
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Simulates a deployment serving a trace, its policies side by side.",
    discussion: """
      Every policy serves the same requests. The table compares them; every run goes into a SQLite database.

      EXAMPLES
        lpsim run configs/qwen3-30b.json --trace arxiv
        lpsim run qwen3-30b --trace sharegpt --rate 4.4 --requests 2640
        lpsim run qwen3-30b --trace azure_2023_code.csv --policy layered --record requests
        lpsim run qwen3-30b --trace arxiv --set policies.layered.maxGroups=8 --set gpu=h200-sxm-141gb --json
        lpsim run cpu-tiny --trace tiny --backend cpu
      """)

  @OptionGroup var deployment: DeploymentOptions
  @OptionGroup var workload: WorkloadOptions

  @Option(help: ArgumentHelp("Simulate only this policy (see: lpsim list policies).", valueName: "name"))
  var policy: String?

  @Option(
    help: ArgumentHelp("The database (default: results/ and the config's name).", valueName: "file.sqlite"),
    completion: .file(extensions: ["sqlite"]))
  var out: String?

  @Flag(help: "Print one JSON object instead of the table.")
  var json = false

  @Option(
    help: ArgumentHelp(
      "Really run the plans on this machine instead of pricing them: \(KernelBackend.words).", valueName: "kernels"))
  var backend: KernelBackend?

  @Option(help: "What the database keeps of each run beside its metrics.")
  var record: RecordDetail = .none

  func run() throws {
    let experiment = try workload.experiment(with: deployment, backend: backend?.rawValue)
    let policies = policy.map { [$0] } ?? experiment.deployment.compared
    for name in policies { _ = try experiment.deployment.policy(name) }
    let store = try RunStore(path: databasePath(for: experiment))
    Interrupt.listen()
    let machine = try backend.map { try Machine($0, running: experiment.deployment) }
    var results: [RunResult] = []
    do {
      for name in policies { results.append(try serve(name, in: experiment, on: machine, into: store)) }
    } catch {
      try store.removeIfEmpty()
      throw error
    }
    if json {
      try Terminal.print(resultJSON(results))
    } else {
      try Terminal.print(comparisonTable(results) + "\n" + verdict(results) + "\n")
      Terminal.note("saved in \(store.path)")
    }
  }

  private func serve(
    _ name: String, in experiment: Experiment, on machine: Machine?, into store: RunStore
  ) throws -> RunResult {
    let description = experiment.description(of: name)
    let recording = try store.begin(description, detail: record)
    let progress = SharedProgress(ProgressBar(name, total: experiment.workload.requestCount))
    defer { progress.clear() }
    let summary: RunSummary
    if let machine {
      let executor = try machine.executor(onIteration: progress.show)
      summary = try experiment.run(name, on: executor, recorder: recording)
    } else {
      summary = try experiment.simulate(name, recorder: recording) { try progress.show($0.requestsArrived) }
    }
    try Interrupt.check()
    try recording.finish(summary)
    return RunResult(description, summary)
  }

  private func databasePath(for experiment: Experiment) throws -> String {
    if let out { return out }
    try makeFolder("results")
    return "results/\(experiment.deployment.name).sqlite"
  }
}

extension RecordDetail: ExpressibleByArgument {}
