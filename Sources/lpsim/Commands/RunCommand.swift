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
        lpsim run qwen3-30b --trace azure_2023_code.csv --policy layered
        lpsim run qwen3-30b --trace arxiv --record requests --out mine.sqlite
        lpsim run qwen3-30b --trace arxiv --set policies.layered.maxGroups=8
        lpsim run qwen3-30b --trace arxiv --set gpu=h200-sxm-141gb --json
        lpsim run qwen3-30b --trace mooncake.jsonl --set prefixCaching=true
        lpsim run qwen3-30b --trace arxiv --policy chunked --bench-json chunked.json
        lpsim run qwen3-30b --trace arxiv --requests 50 --timeline run.json
        lpsim run qwen3-30b-4x --trace sharegpt
        lpsim run qwen3-30b --trace sharegpt --set replicas=4 --rate 16
        lpsim run cpu-tiny --trace tiny --backend cpu
      """)

  @OptionGroup var deployment: DeploymentOptions
  @OptionGroup var workload: WorkloadOptions

  @Option(
    help: ArgumentHelp("Simulate only this policy (see: lpsim list policies).", valueName: "name"),
    completion: .list(Sim.comparables.map(\.name)))
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

  @Option(
    help: ArgumentHelp(
      "What the database keeps of each run beside its metrics: \(RecordDetail.listed).", valueName: "what"),
    completion: RecordDetail.completion)
  var record = RecordDetail.none.rawValue

  @OptionGroup var bench: BenchmarkOptions
  @OptionGroup var timeline: TimelineOptions

  func run() throws {
    let detail = try RecordDetail(written: record, for: "--record")
    let experiment = try workload.experiment(with: deployment, backend: backend?.rawValue)
    let policies = try self.policies(of: experiment)
    Interrupt.listen()
    let machine = try backend.map { try Machine($0, running: experiment.deployment) }
    let bench = bench.files(for: policies)
    let results = try timeline.withTimeline { timeline in
      try DatabaseFile(out, name: experiment.deployment.name).withStore { store in
        try policies.map {
          try serve(
            $0, in: experiment, on: machine, into: store, detail: detail, bench: bench, timeline: timeline)
        }
      }
    }
    if json {
      try Terminal.print(resultJSON(results.result))
    } else {
      try Terminal.print(comparisonTable(results.result) + "\n" + wrapped(verdict(results.result)) + "\n")
      Terminal.note("saved in \(results.path)")
    }
  }

  /// The policies to simulate, each known to run, so that nothing is written before that is certain.
  private func policies(of experiment: Experiment) throws -> [String] {
    let policies = try knownPolicy(policy).map { [$0] } ?? experiment.deployment.compared
    for name in policies { try experiment.check(name) }
    return policies
  }

  private func serve(
    _ name: String, in experiment: Experiment, on machine: Machine?, into store: RunStore, detail: RecordDetail,
    bench: BenchmarkFiles?, timeline: TimelineFile?
  ) throws -> RunResult {
    let description = experiment.description(of: name)
    let recording = try store.begin(description, detail: detail)
    let progress = SharedProgress(ProgressBar(name, total: experiment.workload.requestCount))
    defer { progress.clear() }
    let executor = try machine?.executor(onIteration: progress.show)
    let client = bench.map { _ in ClientRecorder(passingOnTo: recording) }
    let drawing = try timeline.map {
      let model = try experiment.deployment.costModel()
      return try TimelineRecorder(
        of: name, into: $0, idlePower: model.idlePower / Double(model.stageCount), passingOnTo: client ?? recording)
    }
    let summary = try experiment.simulate(name, executor: executor, recorder: drawing ?? client ?? recording) {
      try progress.show($0.requestsArrived)
    }
    try drawing?.finish()
    try Interrupt.check()
    let result = RunResult(description, summary)
    if let client { try bench?.write(client.run, of: experiment, result) }
    try recording.finish(summary)
    return result
  }
}

extension RecordDetail: WordSet {
  static let noun = "record level"
}
