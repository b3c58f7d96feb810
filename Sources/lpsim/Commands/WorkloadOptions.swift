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

  @OptionGroup var requests: RequestOptions

  /// A deployment serving these requests; what is not said here, its file says.
  /// - Parameter backend: what really runs the plans; nil where they are simulated.
  func experiment(with deployment: DeploymentOptions, backend: String? = nil) throws -> Experiment {
    let library = ConfigLibrary.standard()
    let rate = try requests.rate()
    let requestCount = try requests.requestCount()
    let (tree, trace) = try deployment.resolve(in: library, serving: trace, seed: requests.seed())
    return try Experiment(
      of: tree, serving: trace, rate: rate, requestCount: requestCount, backend: backend,
      programVersion: Program.version)
  }
}
