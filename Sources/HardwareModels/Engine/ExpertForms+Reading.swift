import Base

extension ExpertProductForm {
  init(reading node: ConfigNode) throws {
    var fields = try ConfigFields(node)
    self.init(
      format: try fields.required("format").word("number format"),
      shape: try fields.optional("shape").map { try Shape(reading: $0) },
      start: try fields.quantity("startSeconds", in: .nonNegative),
      flopEfficiency: try fields.number("flopEfficiency", in: .efficiencies),
      bandwidthEfficiency: try fields.number("bandwidthEfficiency", in: .efficiencies),
      activationEfficiency: try fields.optional("activationEfficiency")?.number(in: .efficiencies),
      rereadShare: try fields.number("rereadShare", in: 0...2),
      overlapExponent: try fields.number("overlapExponent", in: .overlapExponents),
      tileRows: try fields.optional("tileRows").map(readTileRows),
      tileColumns: try fields.optional("tileColumns")?.integer(in: 1...1024) ?? 1,
      rereadCache: try fields.optional("rereadCacheBytes").map { Bytes(try $0.number(in: .nonNegative)) },
      spill: try fields.optional("spill").map { try Spill(reading: $0) },
      correction: try fields.optional("correction").map { try TokenCurve(reading: $0) })
    try fields.finish()
  }
}

extension ExpertProductForm.Spill {
  fileprivate init(reading node: ConfigNode) throws {
    var fields = try ConfigFields(node)
    self.init(
      cache: Bytes(try fields.number("cacheBytes", in: .nonNegative)),
      slowdown: try fields.number("slowdown", in: .nonNegative))
    try fields.finish()
  }
}

private func readTileRows(_ node: ConfigNode) throws -> ClosedRange<Int> {
  let bounds = try node.elements().map { try readTileHeight($0) }
  guard bounds.count == 2, bounds[0] <= bounds[1] else {
    throw node.error("the tile heights are not [smallest, largest]")
  }
  return bounds[0]...bounds[1]
}

private func readTileHeight(_ node: ConfigNode) throws -> Int {
  let rows = try node.integer(in: 8...1024)
  guard rows.nonzeroBitCount == 1 else { throw node.error("a tile height is \(rows); expected a power of two") }
  return rows
}

extension ExpertProductForm.Shape {
  init(reading node: ConfigNode) throws {
    var fields = try ConfigFields(node)
    self.init(
      hidden: try fields.size("hidden"), intermediate: try fields.size("intermediate"),
      count: try fields.size("count"), topK: try fields.size("topK"),
      shard: try fields.optionalSize("shard"))
    try fields.finish()
  }
}

extension TokenCurve {
  /// Reads `[[tokens, factor], ...]`.
  init(reading node: ConfigNode) throws {
    let knots = try node.elements().map { item in
      let pair = try item.elements()
      guard pair.count == 2 else { throw item.error("\(pair.count) values; expected [tokens, factor]") }
      return Knot(tokens: try pair[0].integer(in: .sizes), factor: try pair[1].number(in: 0.1...10))
    }
    guard !knots.isEmpty, zip(knots, knots.dropFirst()).allSatisfy({ $0.tokens < $1.tokens }) else {
      throw node.error("the tokens are not ascending")
    }
    self.init(knots)
  }
}

extension ExpertTiling {
  /// Reads `{"format": ..., "shape": {"count": ..., "shard": ...}, "steps": [[tokens, rows, group], ...], "grouping":
  /// {"fromTokensPerExpert": ..., "group": ...}}`.
  init(reading node: ConfigNode) throws {
    var fields = try ConfigFields(node)
    let list = try fields.required("steps")
    self.init(
      format: try fields.required("format").word("number format"),
      shape: try fields.optional("shape").map { try Shape(reading: $0) },
      steps: try list.elements().map { try Step(reading: $0) },
      grouping: try fields.optional("grouping").map { try Grouping(reading: $0) })
    guard steps.first?.fromTokens == 1, zip(steps, steps.dropFirst()).allSatisfy({ $0.fromTokens < $1.fromTokens })
    else {
      throw list.error("the steps do not ascend from one token on")
    }
    try fields.finish()
  }
}

extension ExpertTiling.Step {
  fileprivate init(reading node: ConfigNode) throws {
    let values = try node.elements()
    guard values.count == 3 else { throw node.error("\(values.count) values; expected [tokens, rows, group]") }
    self.init(
      fromTokens: try values[0].integer(in: .sizes), rows: try readTileHeight(values[1]),
      group: try values[2].integer(in: 1...1024))
  }
}

extension ExpertTiling.Shape {
  fileprivate init(reading node: ConfigNode) throws {
    var fields = try ConfigFields(node)
    self.init(
      count: try fields.size("count"), shard: try fields.optionalSize("shard"))
    try fields.finish()
  }
}

extension ExpertTiling.Grouping {
  fileprivate init(reading node: ConfigNode) throws {
    var fields = try ConfigFields(node)
    self.init(
      fromTokensPerExpert: try fields.integer("fromTokensPerExpert", in: .sizes),
      group: try fields.integer("group", in: 1...1024))
    try fields.finish()
  }
}
