import Base

/// A GPU's data sheet. What software makes of it stands in an ``EngineProfile``.
public struct GPU: Hashable, Sendable {
  /// What it is called.
  public var name: String
  /// Dense peak in BF16, without sparsity.
  public var peakBF16: FlopsPerSecond
  /// Dense peak in FP8; nil if it has none.
  public var peakFP8: FlopsPerSecond?
  /// Peak bandwidth of its memory.
  public var memoryBandwidth: BytesPerSecond
  /// Memory that CUDA reports as the device's total.
  public var memory: Bytes
  /// Peak bandwidth of its links to the other GPUs, each direction; nil where there are none.
  public var linkBandwidth: BytesPerSecond?
  /// What it draws; nil where nobody has metered it.
  public var power: PowerModel?

  /// The peak at which weights of a format are multiplied; nil if this GPU cannot.
  public func peak(for format: NumberFormat) -> FlopsPerSecond? {
    format.arithmetic == .fp8 ? peakFP8 : peakBF16
  }

  /// The arithmetic intensity from which on compute, not memory, limits work in this format; nil if this GPU cannot do
  /// it.
  public func ridgePoint(for format: NumberFormat) -> FlopsPerByte? {
    peak(for: format).map { FlopsPerByte($0.value / memoryBandwidth.value) }
  }
}

/// What a GPU draws: P = idle, plus (busy - idle) while kernels run, plus energy for each operation and byte; while
/// kernels run never more than `cap`.
public struct PowerModel: Hashable, Sendable {
  /// While it waits.
  public var idle: Watts
  /// While kernels run, whatever these do.
  public var busy: Watts
  /// The most it draws for longer than a moment.
  public var cap: Watts
  /// Arithmetic.
  public var perFlop: JoulesPerFlop
  /// Streaming weights from HBM.
  public var perWeightByte: JoulesPerByte
  /// Reading and writing keys and values.
  public var perKVByte: JoulesPerByte
  /// Reading and writing activations.
  public var perActivationByte: JoulesPerByte
  /// Sending over the link between GPUs.
  public var perLinkByte: JoulesPerByte
}

extension PowerModel {
  /// Energy of `gpus` GPUs over `duration`, in `kernelTime` of which kernels do this work. Where the sum would exceed
  /// the cap, everything above the busy power is scaled down to it.
  func energy(duration: Seconds, kernelTime: Seconds, flops: Flops, traffic: Traffic, gpus: Int) -> Energy {
    let count = Double(gpus)
    var energy = Energy()
    energy[.compute] = Joules(perFlop.value * flops.value)
    energy[.weights] = perWeightByte * (traffic[.denseWeights] + traffic[.expertWeights])
    energy[.kvCache] = perKVByte * (traffic[.kvRead] + traffic[.kvWrite])
    energy[.activations] = perActivationByte * traffic[.activations]
    energy[.link] = perLinkByte * traffic[.link]
    let room = (cap - busy) * kernelTime * count
    if energy.total > room { energy = energy * (room / energy.total) }
    energy[.idle] = idle * duration * count
    energy[.busy] = (busy - idle) * kernelTime * count
    return energy
  }
}
