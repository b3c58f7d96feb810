import Base
import HardwareModels

/// A system of equal GPUs by its sizes, as the balance of arXiv:2507.15465 counts it.
public struct SystemShape: Hashable, Sendable {
  /// Each of its GPUs.
  public let gpu: GPU
  /// How many there are.
  public let gpus: Int
  /// GPUs that share one copy of everything but experts.
  public let tensorParallel: Int
  /// GPUs that share one copy of the experts.
  public let expertParallel: Int
  /// What may be used of a GPU's memory.
  public let memory: Bytes
  /// How they reach each other; nil where nobody sends anything.
  public let link: Link?

  /// A system; degrees that do not divide it, or more than one GPU without a link, are an ``InputError``.
  /// - Parameter memory: what may be used of a GPU's memory; all of it unless said otherwise.
  public init(
    of gpu: GPU, gpus: Int, tensorParallel: Int, expertParallel: Int, memory: Bytes? = nil, link: Link?
  ) throws {
    for (name, degree) in [("tensor", tensorParallel), ("expert", expertParallel)] {
      guard gpus > 0, degree > 0, gpus % degree == 0 else {
        throw InputError(.config, "\(name) parallelism over \(degree) GPUs does not divide a system of \(gpus)")
      }
    }
    guard gpus == 1 || link != nil else {
      throw InputError(
        .config, "the GPU \(gpu.name) has no link and this system has \(gpus) of them",
        hint: "set gpu.linkBandwidthBytesPerSecond")
    }
    self.gpu = gpu
    self.gpus = gpus
    self.tensorParallel = tensorParallel
    self.expertParallel = expertParallel
    self.memory = memory ?? gpu.memory
    self.link = link
  }

  /// Copies of everything but experts (deg_DP).
  public var copies: Int { gpus / tensorParallel }
  /// Copies of the experts.
  public var expertCopies: Int { gpus / expertParallel }
}
