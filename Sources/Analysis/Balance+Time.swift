import Base
import HardwareModels

/// How long a system takes for a decoded token of every request, by what takes it.
public struct TokenTime: Hashable, Sendable {
  /// Reading weights, keys and values.
  public var memory: Seconds
  /// Arithmetic.
  public var compute: Seconds
  /// Sending tokens to their experts and back.
  public var link: Seconds

  /// A time of these parts.
  public init(memory: Seconds, compute: Seconds, link: Seconds) {
    self.memory = memory
    self.compute = compute
    self.link = link
  }

  /// The study's bound, TPOT: memory and link, no arithmetic.
  public var withoutCompute: Seconds { memory + link }
  /// The same with arithmetic beside the memory.
  public var total: Seconds { max(memory, compute) + link }

  /// What takes longest.
  public var bound: Bound {
    if link > max(memory, compute) { return .link }
    return compute > memory ? .compute : .memory
  }
}

extension Balance {
  /// What one exchange of tokens between GPUs takes one way: M_token n_k tokens / BW_int + alpha, for so many tokens on
  /// each GPU and BF16 activations; nothing for a dense model or a single GPU.
  public func allToAll(tokensPerGPU: Double) -> Seconds {
    guard let link = system.link, let experts = model.transformer.experts, system.expertParallel > 1 else {
      return .zero
    }
    let tokenBytes = Bytes(2 * Double(model.transformer.hidden * experts.topK))
    return tokenBytes * tokensPerGPU / link.bandwidth + link.latency
  }

  /// What a layer's tokens spend between GPUs: Comm = 2 Gamma M_token n_k B / (BW_int n_acc) + alpha.
  public func communication(batch: Double) -> Seconds {
    allToAll(tokensPerGPU: 2 * imbalance * batch / Double(system.gpus))
  }

  /// TPOT of a batch of requests of this context. Reading takes n_dec (M_attn deg_DP + M_MoE + M_KV L B) / (n_acc BW);
  /// arithmetic is that of all operators of the model at the peak of each one's format.
  public func tokenTime(batch: Double, context: Int) -> TokenTime {
    let bytes = weights + kvBytesPerToken * (Double(context) * batch)
    let memory = bytes / (system.gpu.memoryBandwidth * Double(system.gpus))
    return TokenTime(
      memory: memory, compute: computeTimePerRequest(context: context) * (batch / Double(system.gpus)),
      link: communication(batch: batch) * Double(model.transformer.sparseLayerCount))
  }

  /// What one GPU would compute for one decoded token; no time in a format that the GPU cannot multiply.
  private func computeTimePerRequest(context: Int) -> Seconds {
    model.demand(of: .decoding(1, context: context, in: model), tensorParallel: 1).reduce(.zero) { time, operation in
      guard let peak = operation.kind.arithmetic.flatMap(system.gpu.peak) else { return time }
      return time + operation.flops * Double(operation.layers) / peak
    }
  }

  /// Tokens that each GPU decodes in a second.
  public func tokensPerSecondAndGPU(batch: Double, in time: Seconds) -> Double {
    batch / time.value / Double(system.gpus)
  }

  /// The largest batch that memory allows and whose TPOT, without arithmetic, stays within a limit; none if there is no
  /// such batch.
  public func largestBatch(context: Int, within limit: Seconds) -> Double {
    let empty = tokenTime(batch: 0, context: context).withoutCompute
    let each = tokenTime(batch: 1, context: context).withoutCompute - empty
    return max(0, min(batchCapacity(context: context), (limit - empty) / each))
  }
}

extension LayerWork {
  /// One decoded token for each of so many requests of one context, in all layers of a model.
  public static func decoding(_ requests: Int, context: Int, in model: Model) -> LayerWork {
    LayerWork(
      layers: 0..<model.transformer.layerCount,
      decode: DecodeWork(requests: requests, context: context, window: model.transformer.window))
  }

  /// One prompt of so many tokens, in all layers of a model.
  public static func prefilling(_ tokens: Int, in model: Model) -> LayerWork {
    LayerWork(
      layers: 0..<model.transformer.layerCount,
      prefill: PrefillWork(tokens: tokens, past: 0, window: model.transformer.window))
  }
}
