import Base
import HardwareModels

/// A model on a growing number of GPUs, each size full of requests: attention data parallel over groups of the same
/// tensor parallelism, experts spread over as many GPUs as divide them.
public struct Scaling: Sendable {
  /// One size.
  public struct Point: Sendable {
    /// The closed forms at this size.
    public let balance: Balance
    /// The batch that memory allows; 0 if not even the weights fit.
    public let batch: Double
    /// What a token of every request takes then.
    public let time: TokenTime

    /// What more of would help most.
    public var limit: Diagnosis.Resource {
      guard batch > 0 else { return .memoryCapacity }
      switch time.bound {
      case .compute: return .compute
      case .link: return .link
      case .memory, .latency, .host: return balance.weights > cached ? .memoryCapacity : .memoryBandwidth
      }
    }

    /// Room for keys and values, which is full.
    private var cached: Bytes { balance.system.memory * Double(balance.system.gpus) - balance.weights }
  }

  /// The context of all requests.
  public let context: Int
  /// From few GPUs to many.
  public let points: [Point]

  /// These sizes of a system.
  /// - Parameter memory: what may be used of a GPU's memory.
  public init(
    of model: Model, on gpu: GPU, memory: Bytes, sizes: [Int], tensorParallel: Int, context: Int
  ) throws {
    self.context = context
    let link = gpu.linkBandwidth.map { Link(bandwidth: $0, latency: .zero) }
    points = try sizes.map { size in
      let spread = model.transformer.experts.map { max(tensorParallel, commonDivisor(size, $0.count)) } ?? 1
      let system = try SystemShape(
        of: gpu, gpus: size, tensorParallel: tensorParallel, expertParallel: spread, memory: memory, link: link)
      let balance = try Balance(of: model, on: system)
      let batch = balance.batchCapacity(context: context).rounded(.down)
      return Point(balance: balance, batch: batch, time: balance.tokenTime(batch: batch, context: context))
    }
  }
}

/// The largest number that divides both.
private func commonDivisor(_ a: Int, _ b: Int) -> Int { b == 0 ? a : commonDivisor(b, a % b) }
