import Base

/// An efficiency is a share of the data sheet's peak and cannot exceed it.
private let share = Double.leastNonzeroMagnitude...1
private let exponents = 1.0...100.0

extension EngineProfile {
  /// Reads a file of `configs/engines`.
  public init(reading node: ConfigNode) throws {
    var fields = try ConfigFields(node)
    var graphs = try fields.object("cudaGraphs")
    let sizes = GraphSizes(
      decode: try readGraphSizes(graphs.required("decodeBatchSizes")),
      mixed: try readGraphSizes(graphs.required("mixedTokenCounts")))
    try graphs.finish()
    self.init(
      name: try fields.string("name"),
      measuredOn: try fields.required("measuredOn").elements().map { try $0.string() },
      hostTimePerIteration: try fields.quantity("hostSecondsPerIteration", in: .nonNegative),
      hostTimePerRequest: try fields.quantity("hostSecondsPerRequest", in: .nonNegative),
      randomSamplingTimePerRequest: try fields.quantity("randomSamplingSecondsPerRequest", in: .nonNegative),
      graphSizes: sizes,
      launchTimePerEagerLayer: try fields.quantity("launchSecondsPerEagerLayer", in: .nonNegative),
      keepsFullKVInWindowedLayers: try fields.required("keepsFullKVInWindowedLayers").bool(),
      reservedMemory: try fields.quantity("reservedBytes", in: 0...ClosedRange.memoryBytes.upperBound),
      matrixProducts: try readMatrixProducts(fields.required("matrixProducts")),
      experts: try fields.required("experts").elements().map { try ExpertProductForm(reading: $0) },
      decodeAttention: try DecodeAttentionForm(reading: fields.required("decodeAttention")),
      prefillAttention: try PrefillAttentionForm(reading: fields.required("prefillAttention")),
      mlaDecodeAttention: try fields.optional("mlaDecodeAttention").map { try LatentDecodeForm(reading: $0) },
      mlaPrefillAttention: try fields.optional("mlaPrefillAttention").map(readLatentPrefills) ?? [],
      allReduces: try fields.required("allReduces").elements().map { try AllReduceForm(reading: $0) },
      elementwise: try ElementwiseForm(reading: fields.required("elementwise")))
    fields.ignore("sources", "fit")
    try fields.finish()
  }
}

private func readGraphSizes(_ node: ConfigNode) throws -> [Int] {
  let sizes = try node.elements().map { try $0.integer(in: 1...1_048_576) }
  guard zip(sizes, sizes.dropFirst()).allSatisfy({ $0 < $1 }) else { throw node.error("the sizes are not ascending") }
  return sizes
}

extension ConfigFields {
  /// A time of a term that not every kernel has; nil if the key is missing.
  fileprivate mutating func optionalTime(_ name: String) throws -> Seconds? {
    try optional(name).map { Seconds(try $0.number(in: .nonNegative)) }
  }
}

/// Forms of a format stand in the order of the rows that they are for, and the first is for any.
private func readMatrixProducts(_ node: ConfigNode) throws -> [MatrixProductForm] {
  let items = try node.elements()
  let forms = try items.map { try MatrixProductForm(reading: $0) }
  for (index, form) in forms.enumerated() {
    let before = forms[..<index].last { $0.format == form.format }
    guard before == nil ? form.fromRows == nil : form.fromRows ?? 0 > before?.fromRows ?? 1 else {
      throw items[index].error(
        "the forms of \(form.format.rawValue) do not stand by ascending fromRows, the first without")
    }
  }
  return forms
}

extension MatrixProductForm {
  init(reading node: ConfigNode) throws {
    var fields = try ConfigFields(node)
    self.init(
      format: try fields.required("format").word("number format"),
      fromRows: try fields.optional("fromRows")?.integer(in: 2...1_048_576),
      start: try fields.quantity("startSeconds", in: .nonNegative),
      flopEfficiency: try fields.number("flopEfficiency", in: share),
      bandwidthEfficiency: try fields.number("bandwidthEfficiency", in: share),
      overlapExponent: try fields.number("overlapExponent", in: exponents),
      timePerInnerRow: try fields.optionalTime("secondsPerInnerRow"),
      quantizationEfficiency: try fields.optional("quantizationEfficiency")?.number(in: share))
    try fields.finish()
  }
}

extension ExpertProductForm {
  init(reading node: ConfigNode) throws {
    var fields = try ConfigFields(node)
    self.init(
      format: try fields.required("format").word("number format"),
      shape: try fields.optional("shape").map { try Shape(reading: $0) },
      start: try fields.quantity("startSeconds", in: .nonNegative),
      flopEfficiency: try fields.number("flopEfficiency", in: share),
      bandwidthEfficiency: try fields.number("bandwidthEfficiency", in: share),
      activationEfficiency: try fields.optional("activationEfficiency")?.number(in: share),
      rereadShare: try fields.number("rereadShare", in: 0...2),
      overlapExponent: try fields.number("overlapExponent", in: exponents),
      tileRows: try readTileRows(fields.required("tileRows")),
      tileColumns: try fields.optional("tileColumns")?.integer(in: 1...1024) ?? 1)
    try fields.finish()
  }
}

private func readTileRows(_ node: ConfigNode) throws -> ClosedRange<Int> {
  let bounds = try node.elements().map { try $0.integer(in: 8...1024) }
  guard bounds.count == 2, bounds[0] <= bounds[1], bounds.allSatisfy({ $0.nonzeroBitCount == 1 }) else {
    throw node.error("the tile heights are not [smallest, largest], powers of two from 8 to 1024")
  }
  return bounds[0]...bounds[1]
}

extension ExpertProductForm.Shape {
  init(reading node: ConfigNode) throws {
    var fields = try ConfigFields(node)
    self.init(
      hidden: try fields.size("hidden"), intermediate: try fields.size("intermediate"),
      count: try fields.size("count"), topK: try fields.size("topK"),
      shard: try fields.optional("shard").map { _ in try fields.size("shard") })
    try fields.finish()
  }
}

extension DecodeAttentionForm {
  init(reading node: ConfigNode) throws {
    var fields = try ConfigFields(node)
    self.init(
      start: try fields.quantity("startSeconds", in: .nonNegative),
      bandwidthEfficiency: try fields.number("bandwidthEfficiency", in: share),
      timePerHead: try fields.quantity("secondsPerRequestAndHead", in: .nonNegative),
      overlapExponent: try fields.number("overlapExponent", in: exponents))
    try fields.finish()
  }
}

extension LatentDecodeForm {
  init(reading node: ConfigNode) throws {
    var fields = try ConfigFields(node)
    self.init(
      start: try fields.quantity("startSeconds", in: .nonNegative),
      bandwidthEfficiency: try fields.number("bandwidthEfficiency", in: share),
      flopEfficiency: try fields.number("flopEfficiency", in: share),
      leastHeads: try fields.integer("leastHeads", in: 1...1024),
      overlapExponent: try fields.number("overlapExponent", in: exponents))
    try fields.finish()
  }
}

/// A variant has one form.
private func readLatentPrefills(_ node: ConfigNode) throws -> [LatentPrefillForm] {
  let items = try node.elements()
  let forms = try items.map { try LatentPrefillForm(reading: $0) }
  for (index, form) in forms.enumerated() where forms[..<index].contains(where: { $0.variant == form.variant }) {
    throw items[index].error("the variant \"\(form.variant.rawValue)\" has two forms")
  }
  return forms
}

extension LatentPrefillForm {
  init(reading node: ConfigNode) throws {
    var fields = try ConfigFields(node)
    self.init(
      variant: try fields.required("variant").word("variant of latent attention"),
      start: try fields.quantity("startSeconds", in: .nonNegative),
      flopEfficiency: try fields.number("flopEfficiency", in: share),
      bandwidthEfficiency: try fields.number("bandwidthEfficiency", in: share),
      timePerContextToken: try fields.quantity("secondsPerContextToken", in: .nonNegative))
    try fields.finish()
  }
}

extension PrefillAttentionForm {
  init(reading node: ConfigNode) throws {
    var fields = try ConfigFields(node)
    let heads = try fields.required("flopEfficiencies")
    let efficiencies = try heads.elements().map { item in
      var fields = try ConfigFields(item)
      let read = HeadEfficiency(
        headDim: try fields.size("headDim"), flopEfficiency: try fields.number("flopEfficiency", in: share))
      try fields.finish()
      return read
    }
    guard !efficiencies.isEmpty else { throw heads.error("no efficiency is given") }
    self.init(
      start: try fields.quantity("startSeconds", in: .nonNegative), flopEfficiencies: efficiencies,
      maskedTokens: try fields.number("maskedTokens", in: .nonNegative),
      bandwidthEfficiency: try fields.number("bandwidthEfficiency", in: share),
      timePerContextToken: try fields.optionalTime("secondsPerContextToken"),
      sharedTile: try fields.optional("sharedTile").map { try SharedTile(reading: $0) })
    try fields.finish()
  }
}

extension PrefillAttentionForm.SharedTile {
  init(reading node: ConfigNode) throws {
    var fields = try ConfigFields(node)
    self.init(
      rows: try fields.number("rows", in: 1...1024), extraTokens: try fields.number("extraTokens", in: .nonNegative))
    try fields.finish()
  }
}

extension AllReduceForm {
  init(reading node: ConfigNode) throws {
    var fields = try ConfigFields(node)
    self.init(
      gpus: try fields.integer("gpus", in: 2...1024),
      start: try fields.quantity("startSeconds", in: .nonNegative),
      bandwidth: try fields.quantity("bytesPerSecond"),
      secondStart: try fields.optionalTime("secondStartSeconds"),
      timePerRootMegabyte: try fields.optionalTime("secondsPerRootMegabyte") ?? .zero)
    try fields.finish()
  }
}

extension ElementwiseForm {
  init(reading node: ConfigNode) throws {
    var fields = try ConfigFields(node)
    self.init(
      start: try fields.quantity("startSeconds", in: .nonNegative),
      bandwidthEfficiency: try fields.number("bandwidthEfficiency", in: Double.leastNonzeroMagnitude...100))
    try fields.finish()
  }
}
