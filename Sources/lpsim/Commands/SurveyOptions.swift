import ArgumentParser
import Base
import RealKernels

/// Where kernels are measured, and how long.
struct SurveyOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Measure here, with these kernels: \(KernelBackend.words).", valueName: "kernels"))
  var backend: KernelBackend?

  @Flag(help: "Measure for two minutes (the default).")
  var quick = false

  @Flag(help: "Measure more sizes, for a quarter of an hour.")
  var full = false

  @Option(help: ArgumentHelp("Measure for so long at most.", valueName: "seconds"))
  var budget: Double?

  @Option(help: ArgumentHelp("Measure each kernel in so many rounds at most.", valueName: "count"))
  var passes: Int?

  @Option(help: ArgumentHelp("The seed of weights, inputs and routing (default: 0).", valueName: "number"))
  var seed: UInt64?

  /// Whether anything is said of how to measure.
  var isAsked: Bool { quick || full || budget != nil || passes != nil || seed != nil }

  func validate() throws {
    if quick, full { throw ValidationError("--quick and --full exclude each other") }
    if let budget, !(budget > 0 && budget <= 1e6) { throw ValidationError("--budget is a time above 0") }
    if let passes, passes < 1 { throw ValidationError("--passes is 1 or more") }
  }

  /// How finely to look.
  func effort(on backend: KernelBackend) -> SurveyEffort {
    var effort: SurveyEffort = full ? .full(backend) : .quick(backend)
    if let budget { effort.limits = effort.limits.within(Seconds(budget)) }
    if let passes { (effort.limits.leastPasses, effort.limits.mostPasses) = (1, passes) }
    return effort
  }
}
