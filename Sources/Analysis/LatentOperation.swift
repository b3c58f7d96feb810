import Base
import HardwareModels

/// One of the operations by which arXiv:2507.15465 counts latent attention, for keys; values mirror it. Each is a kernel
/// of its own that writes what it makes, so scores go through memory.
public struct LatentOperation: Hashable, Sendable {
  /// What a request is at.
  public enum Phase: String, CaseIterable, Sendable {
    /// All tokens of a prompt are new.
    case prefill
    /// One token is.
    case decode
  }

  /// What is done.
  public enum Step: String, CaseIterable, Sendable {
    /// The up-projection: of latents, or, absorbed, of queries.
    case decompress
    /// Queries against keys, or against latents.
    case score
  }

  /// What a request is at.
  public let phase: Phase
  /// What is done.
  public let step: Step
  /// Whether the up-projection is absorbed ("reordered").
  public let variant: LatentVariant
  /// Arithmetic of a layer.
  public let flops: Flops
  /// Bytes of a layer.
  public let bytes: Bytes

  /// Arithmetic for each byte.
  public var intensity: FlopsPerByte { FlopsPerByte(flops.value / bytes.value) }

  /// What a GPU takes at best.
  public func duration(on gpu: GPU) -> Seconds { max(flops / gpu.peakBF16, bytes / gpu.memoryBandwidth) }

  /// The operation for B requests of L tokens, of n heads of width d over latents of width r, in BF16:
  ///
  ///     prefill decompress  plain     2 B L r n d    2 B L n d
  ///                         absorbed  2 B L r n d    2 B (L n d + L n r)
  ///     prefill score       plain     2 B n L L d    2 B n L L
  ///                         absorbed  2 B n L L r    2 B n L L
  ///     decode decompress   plain     2 B r L n d    2 B L n d
  ///                         absorbed  2 B r n d      2 B r n
  ///     decode score        plain     2 B n L d      2 B n d L
  ///                         absorbed  2 B n L r      2 B (r L + n L)
  public init(
    _ phase: Phase, _ step: Step, _ variant: LatentVariant, of latent: Transformer.Latent, heads: Int, batch: Int,
    context: Int
  ) {
    (self.phase, self.step, self.variant) = (phase, step, variant)
    let (b, l) = (Double(batch), Double(context))
    let (n, d, r) = (Double(heads), Double(latent.plainDim), Double(latent.rank))
    let half: (flops: Double, bytes: Double) =
      switch (phase, step, variant) {
      case (.prefill, .decompress, .plain): (b * l * r * n * d, b * l * n * d)
      case (.prefill, .decompress, .absorbed): (b * l * r * n * d, b * (l * n * d + l * n * r))
      case (.prefill, .score, .plain): (b * n * l * l * d, b * n * l * l)
      case (.prefill, .score, .absorbed): (b * n * l * l * r, b * n * l * l)
      case (.decode, .decompress, .plain): (b * r * l * n * d, b * l * n * d)
      case (.decode, .decompress, .absorbed): (b * r * n * d, b * r * n)
      case (.decode, .score, .plain): (b * n * l * d, b * n * d * l)
      case (.decode, .score, .absorbed): (b * n * l * r, b * (r * l + n * l))
      }
    flops = Flops(2 * half.flops)
    bytes = Bytes(2 * half.bytes)
  }
}
