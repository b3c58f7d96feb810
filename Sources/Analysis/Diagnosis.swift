import Base
import HardwareModels

/// Which resource limits a server that decodes, and why.
public struct Diagnosis: Hashable, Sendable {
  /// What more of would help.
  public enum Resource: String, CaseIterable, Sendable {
    /// Arithmetic.
    case compute
    /// Room for requests that would share the weights.
    case memoryCapacity = "memory capacity"
    /// Bytes a second of the GPUs' memory.
    case memoryBandwidth = "memory bandwidth"
    /// Bytes a second between GPUs.
    case link
    /// The requests that are there to be batched.
    case batch = "the batch"
    /// What kernels and the host take however little they do.
    case latency
  }

  /// What more of would help most.
  public let resource: Resource
  /// Why, in a sentence.
  public let reason: String

  /// The diagnosis of a decode iteration whose server has room for so many such requests; nil if for any number.
  public init(of phase: PhaseAnalysis, capacity: Int?) {
    let percent = Int((100 * phase.share(boundBy: phase.bound)).rounded())
    let time = "\(percent) % of the time of \(phase.title) is bound by \(phase.bound.noun)"
    let weights = phase.bytes(of: .denseWeights) + phase.bytes(of: .expertWeights)
    let areWeights = weights > phase.bytes(of: .kvRead)
    let isFull = capacity.map { phase.batch >= $0 } ?? false
    switch phase.bound {
    case .compute: (resource, reason) = (.compute, time)
    case .link: (resource, reason) = (.link, time)
    case .latency, .host: (resource, reason) = (.latency, time)
    case .memory where !areWeights:
      (resource, reason) = (
        .memoryBandwidth, "\(time), most of it for keys and values, which every request has its own of"
      )
    case .memory where isFull:
      (resource, reason) = (
        .memoryCapacity, "\(time), most of it for weights, which more requests would share, and no more of them fit"
      )
    case .memory:
      (resource, reason) = (
        .batch, "\(time), most of it for weights, which more requests would share, and more would fit"
      )
    }
  }
}

extension Bound {
  /// What it is called in a sentence.
  public var noun: String {
    switch self {
    case .compute: "arithmetic"
    case .memory: "memory bandwidth"
    case .link: "the link between GPUs"
    case .latency: "what kernels take however little they do"
    case .host: "the host"
    }
  }
}
