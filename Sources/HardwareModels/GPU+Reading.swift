import Base

extension GPU {
  /// Reads a file of `configs/gpus`.
  public init(reading node: ConfigNode) throws {
    var fields = try ConfigFields(node)
    let name = try fields.string("name")
    var peaks = try fields.object("peakFlopsPerSecond")
    let peakBF16 = try peaks.quantity("bf16", as: FlopsPerSecond.self)
    let peakFP8 = try peaks.optional("fp8").map { FlopsPerSecond(try $0.number(in: .positive)) }
    try peaks.finish()
    let memoryBandwidth = try fields.quantity("memoryBandwidthBytesPerSecond", as: BytesPerSecond.self)
    let memory = try fields.quantity("memoryBytes", as: Bytes.self)
    let linkBandwidth = try fields.quantity("linkBandwidthBytesPerSecond", as: BytesPerSecond.self)
    let power = try PowerModel(reading: fields.required("power"))
    fields.ignore("sources")
    try fields.finish()
    self.init(
      name: name, peakBF16: peakBF16, peakFP8: peakFP8, memoryBandwidth: memoryBandwidth, memory: memory,
      linkBandwidth: linkBandwidth, power: power)
  }
}

extension PowerModel {
  /// Reads the key `power` of a GPU.
  init(reading node: ConfigNode) throws {
    var fields = try ConfigFields(node)
    let design = try fields.number("tdpWatts", in: .positive)
    let share = try fields.number("capShareOfTDP", in: .leastNonzeroMagnitude...1)
    let busy = try fields.number("busyWatts", in: 0...(design * share), "the cap")
    let idle = try fields.number("idleWatts", in: 0...busy, "busyWatts")
    self.init(
      idle: Watts(idle), busy: Watts(busy), cap: Watts(design * share),
      perFlop: try fields.quantity("joulesPerFlop", in: .nonNegative),
      perWeightByte: try fields.quantity("joulesPerWeightByte", in: .nonNegative),
      perKVByte: try fields.quantity("joulesPerKVByte", in: .nonNegative),
      perActivationByte: try fields.quantity("joulesPerActivationByte", in: .nonNegative),
      perLinkByte: try fields.quantity("joulesPerLinkByte", in: .nonNegative))
    try fields.finish()
  }
}
