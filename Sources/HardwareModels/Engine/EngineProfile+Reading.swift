import Base

extension ClosedRange<Double> {
  /// An efficiency is a share of the data sheet's peak and cannot exceed it.
  static let efficiencies = Double.leastNonzeroMagnitude...1
  /// Exponents of overlap: at 1 two times add up.
  static let overlapExponents = 1.0...100.0
}

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
      expertTilings: try fields.optional("expertTilings")?.elements().map { try ExpertTiling(reading: $0) } ?? [],
      autotunedExperts: try fields.optional("autotunedExperts")?.elements().map { try $0.word("number format") } ?? [],
      expertsPassOverForeignPairs: try fields.optional("expertsPassOverForeignPairs")?.bool() ?? false,
      decodeAttention: try DecodeAttentionForm(reading: fields.required("decodeAttention")),
      prefillAttention: try PrefillAttentionForm(reading: fields.required("prefillAttention")),
      mlaDecodeAttention: try fields.optional("mlaDecodeAttention").map { try LatentDecodeForm(reading: $0) },
      mlaPrefillAttention: try fields.optional("mlaPrefillAttention").map(readLatentPrefills) ?? [],
      allReduces: try fields.required("allReduces").elements().map { try AllReduceForm(reading: $0) },
      allToAlls: try fields.optional("allToAlls").map(readAllToAlls) ?? [],
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
      flopEfficiency: try fields.number("flopEfficiency", in: .efficiencies),
      bandwidthEfficiency: try fields.number("bandwidthEfficiency", in: .efficiencies),
      overlapExponent: try fields.number("overlapExponent", in: .overlapExponents),
      timePerInnerRow: try fields.optionalTime("secondsPerInnerRow"),
      quantizationEfficiency: try fields.optional("quantizationEfficiency")?.number(in: .efficiencies),
      waves: try fields.optional("waves").map { try Waves(reading: $0) })
    try fields.finish()
  }
}

extension MatrixProductForm.Waves {
  fileprivate init(reading node: ConfigNode) throws {
    var fields = try ConfigFields(node)
    self.init(tiles: try fields.size("tiles"), share: try fields.number("share", in: 0...1))
    try fields.finish()
  }
}

extension DecodeAttentionForm {
  init(reading node: ConfigNode) throws {
    var fields = try ConfigFields(node)
    self.init(
      start: try fields.quantity("startSeconds", in: .nonNegative),
      bandwidthEfficiency: try fields.number("bandwidthEfficiency", in: .efficiencies),
      timePerHead: try fields.quantity("secondsPerRequestAndHead", in: .nonNegative),
      overlapExponent: try fields.number("overlapExponent", in: .overlapExponents))
    try fields.finish()
  }
}

extension LatentDecodeForm {
  init(reading node: ConfigNode) throws {
    var fields = try ConfigFields(node)
    self.init(
      start: try fields.quantity("startSeconds", in: .nonNegative),
      bandwidthEfficiency: try fields.number("bandwidthEfficiency", in: .efficiencies),
      flopEfficiency: try fields.number("flopEfficiency", in: .efficiencies),
      leastHeads: try fields.integer("leastHeads", in: 1...1024),
      overlapExponent: try fields.number("overlapExponent", in: .overlapExponents))
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

/// Both ways, each with a form for any number of tokens.
private func readAllToAlls(_ node: ConfigNode) throws -> [AllToAllForm] {
  let forms = try node.elements().map { try AllToAllForm(reading: $0) }
  for phase in AllToAll.Phase.allCases where !forms.contains(where: { $0.phase == phase && $0.mostTokens == nil }) {
    throw node.error("no \(phase.rawValue) is for any number of tokens")
  }
  return forms
}

extension LatentPrefillForm {
  init(reading node: ConfigNode) throws {
    var fields = try ConfigFields(node)
    self.init(
      variant: try fields.required("variant").word("variant of latent attention"),
      start: try fields.quantity("startSeconds", in: .nonNegative),
      flopEfficiency: try fields.number("flopEfficiency", in: .efficiencies),
      bandwidthEfficiency: try fields.number("bandwidthEfficiency", in: .efficiencies),
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
        headDim: try fields.size("headDim"), flopEfficiency: try fields.number("flopEfficiency", in: .efficiencies))
      try fields.finish()
      return read
    }
    guard !efficiencies.isEmpty else { throw heads.error("no efficiency is given") }
    self.init(
      start: try fields.quantity("startSeconds", in: .nonNegative), flopEfficiencies: efficiencies,
      maskedTokens: try fields.number("maskedTokens", in: .nonNegative),
      bandwidthEfficiency: try fields.number("bandwidthEfficiency", in: .efficiencies),
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
