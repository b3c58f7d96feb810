import ArgumentParser
import Base
import RealKernels
import Results
import Sim
import Traces

/// `lpsim validate`.
struct ValidateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate",
    abstract: "Runs a workload for real and simulates it, and prints measured against simulated.",
    discussion: """
      Serves the workload for real under each policy. Between its iterations, out of sight of its clock, it measures the
      model's own kernels on batches of their own, since a machine's speed drifts. Then it simulates the same workload
      with what the kernels took. Nothing is fitted to the runs themselves.

      EXAMPLES
        lpsim validate --backend cpu --quick
        lpsim validate cpu-tiny --trace tiny --requests 40 --repeats 5
      """)

  @Argument(help: ArgumentHelp("A deployment whose model can run here.", valueName: "config"))
  var config = "cpu-tiny"

  @Option(help: ArgumentHelp("The requests: a recipe or a file.", valueName: "name or file"))
  var trace = "tiny"

  @Option(help: ArgumentHelp("Where the kernels run: \(KernelBackend.words).", valueName: "kernels"))
  var backend = KernelBackend.cpu

  @Option(help: ArgumentHelp("Validate only this policy.", valueName: "name"))
  var policy: String?

  @Option(help: ArgumentHelp("Requests each second (default: the deployment's).", valueName: "rps"))
  var rate: Double?

  @Option(help: ArgumentHelp("How many requests (default: the deployment's; with --quick 8).", valueName: "count"))
  var requests: Int?

  @Option(help: ArgumentHelp("How often all is measured (default: 5; with --quick 3).", valueName: "count"))
  var repeats: Int?

  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp("Change a key of the deployment. Repeat it for more.", valueName: "key.path=value"))
  var overrides: [String] = []

  @Flag(help: "Fewer requests and repeats: under two minutes on two idle cores.")
  var quick = false

  func run() throws {
    let experiment = try experiment()
    let policies = policy.map { [$0] } ?? experiment.deployment.compared
    for name in policies { _ = try experiment.deployment.policy(name) }
    let count = repeats ?? (quick ? 3 : 5)
    guard count > 0 else { throw InputError(.usage, file: "--repeats", "\(count) is not above 0") }
    Interrupt.listen()
    let machine = try Machine(backend, running: experiment.deployment)
    var validation = try Validation(of: experiment, policies: policies, on: machine)
    for index in 0..<count { try validation.measure(rounds: quick ? 1 : 2, "repeat \(index + 1) of \(count)") }
    try Terminal.print(validation.report)
  }

  private func experiment() throws -> Experiment {
    let library = ConfigLibrary.standard()
    let resolved = try library.resolve(config, overrides: overrides.map { try ConfigOverride(parsing: $0) })
    return try Experiment(
      of: resolved, serving: TraceChoice(trace, in: library), rate: rate.map { RequestsPerSecond($0) },
      requestCount: requests ?? (quick ? 8 : nil), backend: backend.rawValue, programVersion: Program.version)
  }
}
