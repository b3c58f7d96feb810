import Base

extension ExpertRouting {
  /// Reads `{"prompt": ..., "decode": ...}`.
  init(reading node: ConfigNode, experts: Transformer.Experts) throws {
    var fields = try ConfigFields(node)
    let prompt = try ExpertPopularity(reading: fields.required("prompt"), experts: experts)
    let decode = try ExpertPopularity(reading: fields.required("decode"), experts: experts)
    try fields.finish()
    self.init(prompt: prompt, decode: decode)
  }
}

extension ExpertPopularity {
  private static let kinds = ["uniform", "zipf", "lognormal", "empirical"]

  /// Reads a popularity: `{"kind": "uniform"}`, `{"kind": "zipf", "exponent": s}`, `{"kind": "lognormal", "sigma": s}`
  /// or `{"kind": "empirical", "levels": [[share, popularity], ...]}`.
  init(reading node: ConfigNode, experts: Transformer.Experts) throws {
    var fields = try ConfigFields(node)
    let kind = try fields.required("kind")
    let name = try kind.string()
    switch name {
    case "uniform":
      self.init(uniform: experts.count, topK: experts.topK)
    case "zipf":
      let exponent = try fields.number("exponent", in: 0...10)
      self.init(zipf: exponent, count: experts.count, topK: experts.topK)
    case "lognormal":
      let sigma = try fields.number("sigma", in: 0...10)
      self.init(logNormal: sigma, count: experts.count, topK: experts.topK)
    case "empirical":
      let levels = try readLevels(fields.required("levels"))
      self.init(weights: weights(of: levels, count: experts.count), topK: experts.topK)
    default:
      throw kind.error(unknown: "routing kind", name, among: Self.kinds)
    }
    try fields.finish()
  }
}

/// A share of the experts that are equally popular.
private struct Level {
  var share: Double
  var popularity: Double
}

private func readLevels(_ node: ConfigNode) throws -> [Level] {
  let levels = try node.elements().map { item in
    let pair = try item.elements()
    guard pair.count == 2 else { throw item.error("\(pair.count) values; expected [share, popularity]") }
    return Level(
      share: try pair[0].number(in: .leastNonzeroMagnitude...1), popularity: try pair[1].number(in: 1e-9...1e9))
  }
  let sum = levels.reduce(0) { $0 + $1.share }
  guard (sum - 1).magnitude < 1e-6 else { throw node.error("the shares sum to \(sum); expected 1") }
  return levels
}

/// Expert e stands at the rank (e + 1/2) / E, in the level that covers it.
private func weights(of levels: [Level], count: Int) -> [Double] {
  (0..<count).map { expert in
    let rank = (Double(expert) + 0.5) / Double(count)
    var upTo = 0.0
    for level in levels {
      upTo += level.share
      if rank < upTo + 1e-9 { return level.popularity }
    }
    preconditionFailure("the shares of all levels sum to one")
  }
}
