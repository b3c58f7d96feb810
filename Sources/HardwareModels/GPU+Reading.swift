import Base

/// A whole joule for an operation or a byte is a typing error; sums over any run stay finite below it.
private let joules = 0.0...1.0

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
    let memory = try fields.quantity("memoryBytes", in: .memoryBytes, as: Bytes.self)
    let linkBandwidth = try known(fields.required("linkBandwidthBytesPerSecond"))
      .map { BytesPerSecond(try $0.number(in: .positive)) }
    let power = try known(fields.required("power")).map { try PowerModel(reading: $0) }
    fields.ignore("sources")
    try fields.finish()
    self.init(
      name: name, peakBF16: peakBF16, peakFP8: peakFP8, memoryBandwidth: memoryBandwidth, memory: memory,
      linkBandwidth: linkBandwidth, power: power)
  }
}

/// What a key says that must be there but may say `null`: that there is none, or that nobody knows.
private func known(_ node: ConfigNode) -> ConfigNode? {
  if case .null = node.value { return nil }
  return node
}

extension PowerModel {
  /// Reads the key `power` of a GPU.
  init(reading node: ConfigNode) throws {
    var fields = try ConfigFields(node)
    let design = try fields.number("tdpWatts", in: .leastNonzeroMagnitude...1e6)
    let share = try fields.number("capShareOfTDP", in: .leastNonzeroMagnitude...1)
    let busy = try fields.number("busyWatts", in: 0...(design * share), "the cap")
    let idle = try fields.number("idleWatts", in: 0...busy, "busyWatts")
    self.init(
      idle: Watts(idle), busy: Watts(busy), cap: Watts(design * share),
      perFlop: try fields.quantity("joulesPerFlop", in: joules),
      perWeightByte: try fields.quantity("joulesPerWeightByte", in: joules),
      perKVByte: try fields.quantity("joulesPerKVByte", in: joules),
      perActivationByte: try fields.quantity("joulesPerActivationByte", in: joules),
      perLinkByte: try fields.quantity("joulesPerLinkByte", in: joules))
    try fields.finish()
  }
}

extension ClosedRange<Double> {
  /// Sizes of a memory, up to an exabyte: whole numbers of bytes that an Int holds.
  static var memoryBytes: Self { .leastNonzeroMagnitude...1e18 }
}
