import Base
import HardwareModels

/// The latent attention of one layer on one GPU by the operations of ``LatentOperation``: keys, values, and the
/// projections that both variants have.
public struct LatentBlock: Sendable {
  private let latent: Transformer.Latent
  private let heads: Int
  private let hidden: Int

  /// The block of a model; nil if its attention is not latent.
  public init?(of transformer: Transformer) {
    guard let latent = transformer.attention.latent else { return nil }
    self.latent = latent
    heads = transformer.attention.heads
    hidden = transformer.hidden
  }

  /// One of its operations.
  public func operation(
    _ phase: LatentOperation.Phase, _ step: LatentOperation.Step, _ variant: LatentVariant, batch: Int, context: Int
  ) -> LatentOperation {
    LatentOperation(phase, step, variant, of: latent, heads: heads, batch: batch, context: context)
  }

  /// What it takes for so many requests of this context, projections left out.
  public func coreTime(
    _ phase: LatentOperation.Phase, _ variant: LatentVariant, batch: Int, context: Int, on gpu: GPU
  ) -> Seconds {
    let keys = LatentOperation.Step.allCases.reduce(Seconds.zero) { time, step in
      time + operation(phase, step, variant, batch: batch, context: context).duration(on: gpu)
    }
    return keys * 2
  }

  /// What its projections take, of as many tokens as the phase has new ones: down to the latents, up to the queries, and
  /// the output.
  public func projectionTime(_ phase: LatentOperation.Phase, batch: Int, context: Int, on gpu: GPU) -> Seconds {
    let tokens = Double(phase == .decode ? batch : batch * context)
    let queries = heads * (latent.plainDim + latent.rotaryDim)
    let query = latent.queryRank.map { $0 * (hidden + queries) } ?? hidden * queries
    let weights = Double(query + hidden * (latent.rank + latent.rotaryDim) + heads * latent.valueDim * hidden)
    let bytes = Bytes(2 * (weights + 2 * tokens * Double(hidden)))
    return max(Flops(2 * tokens * weights) / gpu.peakBF16, bytes / gpu.memoryBandwidth)
  }

  /// How many times as long one variant takes as another.
  public func ratio(
    _ phase: LatentOperation.Phase, _ slower: LatentVariant, over faster: LatentVariant, batch: Int, context: Int,
    withProjections: Bool, on gpu: GPU
  ) -> Double {
    let shared = withProjections ? projectionTime(phase, batch: batch, context: context, on: gpu) : .zero
    return (coreTime(phase, slower, batch: batch, context: context, on: gpu) + shared)
      / (coreTime(phase, faster, batch: batch, context: context, on: gpu) + shared)
  }
}
