import Base
import HardwareModels

/// A model on a system in closed form (arXiv:2507.15465, section on balance): from which batch on its parts are bound by
/// compute, which batch memory allows, and how long a decoded token takes.
///
/// Assumes even experts unless ``imbalance`` says otherwise, requests of one context length, bytes and arithmetic at
/// peak rates, and room for weights and keys and values only. Embedding and LM head are left out, as there; dense layers
/// are copied like attention, and the sizes are the model's own.
public struct Balance: Sendable {
  /// What is served.
  public let model: Model
  /// What it runs on.
  public let system: SystemShape
  /// The largest load of a GPU's experts over the mean (Gamma).
  public var imbalance = 1.0

  /// A model on a system; degrees that do not divide the model are an ``InputError``.
  public init(of model: Model, on system: SystemShape) throws {
    let degree = system.tensorParallel
    guard model.isDivisible(by: degree) else {
      throw InputError(.config, "tensor parallelism over \(degree) GPUs does not divide \(model.name) evenly")
    }
    // Within the GPUs that share everything else experts are cut; over more of them they are dealt out whole.
    let spread = system.expertParallel
    if let experts = model.transformer.experts, spread > degree, experts.count % spread != 0 {
      throw InputError(
        .config, "expert parallelism over \(spread) GPUs does not divide the \(experts.count) experts of \(model.name)")
    }
    self.model = model
    self.system = system
  }

  private var transformer: Transformer { model.transformer }

  /// The batch at which a weight is used so often that compute takes as long as reading it: its ridge point, in
  /// multiplications for each of its bytes.
  private func batchAtRidge(_ format: NumberFormat) -> Double? {
    system.gpu.ridgePoint(for: format).map { $0.value * format.bytesPerWeight / 2 }
  }

  /// The batch from which on attention's projections are bound by compute: B_attn = RP deg_DP; nil if the GPU does not
  /// multiply in their format.
  public var attentionRidgeBatch: Double? {
    batchAtRidge(transformer.attention.format).map { $0 * Double(system.copies) }
  }

  /// The batch from which on experts are: B_MoE = RP n_e / n_k, for each of their copies; nil for a dense model.
  public var expertRidgeBatch: Double? {
    transformer.experts.flatMap { experts in
      batchAtRidge(experts.format).map { $0 * Double(experts.count * system.expertCopies) / Double(experts.topK) }
    }
  }

  /// Bytes of weights on all GPUs: n_dec (M_attn deg_DP + M_MoE).
  public var weights: Bytes {
    let experts = transformer.allExpertBytes
    let others = transformer.weightBytes - experts - transformer.tableBytes
    return others * Double(system.copies) + experts * Double(system.expertCopies)
  }

  /// Bytes of keys and values of a token on all GPUs: M_KV n_dec, copied where tensor parallelism has more GPUs than
  /// there are key and value heads, and always if they are latent.
  public var kvBytesPerToken: Bytes { model.kvBytesPerToken(tensorParallel: system.tensorParallel) }

  /// Requests of this context that memory allows: B_cap = (M_cap n_acc - weights) / (n_dec M_KV L); none if not even the
  /// weights fit.
  public func batchCapacity(context: Int) -> Double {
    let room = system.memory * Double(system.gpus) - weights
    return max(0, room / (kvBytesPerToken * Double(context)))
  }
}
