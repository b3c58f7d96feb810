import ArgumentParser
import Base
import RealKernels
import Sim

extension KernelBackend: ExpressibleByArgument {
  /// All of them, for help.
  static var words: String { allCases.map(\.rawValue).joined(separator: ", ") }

  /// The kernels of this machine, at their best.
  func open() throws -> Kernels {
    if self == .cpu, let core = KernelLibrary.clearForcedCore() {
      Terminal.note("OPENBLAS_CORETYPE=\(core) is set aside: OpenBLAS chooses the kernels for this machine's own core")
    }
    return try Kernels(KernelLibrary(self))
  }
}

/// The machine at hand with a deployment's model on it, as random weights.
struct Machine {
  /// The model.
  let real: RealTransformer
  private let deployment: Deployment

  /// A deployment's model on this machine.
  init(_ backend: KernelBackend, running deployment: Deployment) throws {
    guard deployment.parallelism.gpuCount == 1 else {
      throw InputError(
        .config, "a real run takes one device and this deployment takes \(deployment.parallelism.gpuCount)",
        hint: "add --set tensorParallel=1")
    }
    guard !deployment.cachesPrefixes else {
      throw InputError(
        .config, "a real run computes every prompt whole and this deployment caches prefixes",
        hint: "add --set prefixCaching=false")
    }
    let kernels = try backend.open()
    Terminal.note("making \(deployment.model.name) on \(kernels.name)")
    real = try RealTransformer(deployment.model, on: kernels, seed: deployment.seed)
    self.deployment = deployment
  }

  /// What carries out the plans of one run, warm.
  func executor(onIteration: @escaping (Int) throws -> Void) throws -> TransformerExecutor {
    var executor = try TransformerExecutor(real, maxModelLen: deployment.maxModelLen, seed: deployment.seed)
    try executor.warmUp(tokens: 64)
    executor.onIteration = onIteration
    return executor
  }
}

/// A progress bar that outlives the call that made it. A class, because a simulation and its executor show the same bar.
final class SharedProgress {
  private var bar: ProgressBar

  /// Shares a bar.
  init(_ bar: ProgressBar) { self.bar = bar }

  /// Shows how many requests have been dealt with; throws if the user wants to end.
  func show(_ requests: Int) throws {
    try Interrupt.check()
    bar.show(requests: requests)
  }

  /// Takes the bar away.
  func clear() { bar.clear() }
}
