import ArgumentParser
import Base
import HardwareModels
import Results
import Sim
import Traces

/// `lpsim run`.
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Simulates a deployment serving a trace, under its policies side by side.",
    discussion: """
      Every policy serves the same requests. The table compares them; every run goes into a SQLite database.

      EXAMPLES
        lpsim run configs/qwen3-30b.json --trace arxiv
        lpsim run qwen3-30b --trace sharegpt --rate 4.4 --requests 2640
        lpsim run qwen3-30b --trace azure_2023_code.csv --policy layered --record requests
        lpsim run qwen3-30b --trace arxiv --set policies.layered.maxGroups=8 --set gpu=h200-sxm-141gb --json
      """)

  @OptionGroup var deployment: DeploymentOptions
  @OptionGroup var workload: WorkloadOptions

  @Option(help: ArgumentHelp("Simulate only this policy (see: lpsim list policies).", valueName: "name"))
  var policy: String?

  @Option(help: ArgumentHelp("The database (default: results/<config's name>.sqlite).", valueName: "file.sqlite"))
  var out: String?

  @Flag(help: "Print one JSON object instead of the table.")
  var json = false

  @Option(help: "What the database keeps of each run beside its metrics.")
  var record: RecordDetail = .none

  func run() throws {
    let resolved = try deployment.resolve(seed: workload.seed)
    let deployment = try Deployment(reading: resolved)
    let workload = try workload.workload(for: deployment)
    Interrupt.listen()
    let store = try RunStore(path: out ?? "results/\(deployment.name).sqlite", creatingFolder: out == nil)
    var runs: [Run] = []
    for name in try policies(of: deployment) {
      runs.append(try simulate(name, deployment, workload, resolved, store))
    }
    let comparison = Comparison(version: Program.version, deployment: deployment.name, workload: workload.trace, runs: runs)
    try Terminal.print(json ? comparison.json : comparison.text)
  }

  private func policies(of deployment: Deployment) throws -> [String] {
    guard let policy else { return deployment.compared }
    _ = try deployment.policy(policy)
    return [policy]
  }
}

extension RecordDetail: ExpressibleByArgument {}
