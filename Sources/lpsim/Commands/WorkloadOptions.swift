import ArgumentParser
import Base
import Sim
import Traces

/// Which requests.
struct WorkloadOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("The requests: a recipe (see: lpsim list traces) or a file.", valueName: "name or file"),
    completion: .file())
  var trace: String

  @Option(help: ArgumentHelp("Requests each second; rescales recorded arrivals.", valueName: "rps"))
  var rate: Double?

  @Option(help: ArgumentHelp("How many requests; a file's first ones.", valueName: "count"))
  var requests: Int?

  @Option(help: ArgumentHelp("The seed of lengths, arrivals and drawn routing.", valueName: "number"))
  var seed: Int?

  /// The requests that a deployment shall serve; what is not said here, its file says.
  func workload(for deployment: Deployment) throws -> Workload {
    let settings = deployment.workload(trace)
    if let requests, requests < 1 {
      throw InputError(.usage, file: "--requests", "\(requests) is out of range; expected 1 or more")
    }
    return try Workload(
      openTrace(trace), arrivals: deployment.arrivals, rate: rate.map { RequestsPerSecond($0) } ?? settings?.rate,
      requestCount: requests ?? settings?.requestCount, seed: deployment.seed)
  }
}

/// The recipe of a name, or else the file at a path.
func openTrace(_ name: String) throws -> Workload.Trace {
  let library = ConfigLibrary.standard()
  if library.names(of: .trace).contains(name) || name.hasSuffix(".json") {
    return .recipe(try TraceRecipe(reading: library.load(name, .trace)))
  }
  guard name.contains("/") || name.contains(".") || fileExists(name) else {
    throw InputError.unknown("trace", name, among: library.names(of: .trace), status: .noInput)
  }
  return .file(try TraceFile(path: name))
}
