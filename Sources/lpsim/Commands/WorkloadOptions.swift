import ArgumentParser
import Base
import Results
import Traces

/// Which requests.
struct WorkloadOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("The requests: a recipe (see: lpsim list traces) or a file.", valueName: "name or file"),
    completion: .file())
  var trace: String

  @Option(help: ArgumentHelp("Requests each second; rescales recorded arrivals.", valueName: "rps"))
  var rate: Double?

  @Option(help: ArgumentHelp("How many requests; of a file its first ones.", valueName: "count"))
  var requests: Int?

  @Option(help: ArgumentHelp("The seed of lengths, arrivals and drawn routing.", valueName: "number"))
  var seed: Int?

  /// A deployment serving these requests; what is not said here, its file says.
  /// - Parameter backend: what really runs the plans; nil where they are simulated.
  func experiment(with deployment: DeploymentOptions, backend: String? = nil) throws -> Experiment {
    let library = ConfigLibrary.standard()
    let resolved = try deployment.resolve(in: library, seed: seed)
    return try Experiment(
      of: resolved, serving: TraceChoice(trace, in: library), rate: rate.map { RequestsPerSecond($0) },
      requestCount: requests, backend: backend, programVersion: Program.version)
  }
}
