import Base
import HardwareModels

extension FitProblem {
  /// One form for each width of a model's shards, for which software is tuned apart; one for each model, from shards over
  /// one and two GPUs; one for any model, which shards over more GPUs teach what narrow experts cost. Where there is one
  /// model over no more than two GPUs, what it teaches is for any. How wide the tiles of a kernel are, and how high where
  /// that goes by tokens, the base profile says.
  ///
  /// Nobody tuned software for a model that is not named. Where several were measured that it was not tuned for either, the
  /// form for any model is theirs.
  static func experts(_ format: NumberFormat, _ measurements: [Measurement], _ base: EngineProfile) -> [FitProblem] {
    let models = Set(measurements.map(\.model)).sorted()
    guard !models.isEmpty else { return [] }
    let isAlone = models.count == 1 && !measurements.contains(where: \.isNarrowShard)
    let untuned = measurements.filter { $0.isCutByRule(base) }
    let isUntuned = Set(untuned.filter { !$0.isNarrowShard }.map(\.model)).count > 1
    return models.flatMap { model in
      let own = measurements.filter { $0.model == model }
      let wide = own.filter { !$0.isNarrowShard }
      let whole = isAlone || wide.isEmpty ? [] : [experts(format, wide[0].shape, model, wide, base, mayHide: true)]
      return shards(of: model, format, own, base) + whole
    } + [experts(format, nil, "any model", isUntuned ? untuned : measurements, base, mayHide: isAlone || isUntuned)]
  }

  /// Those that have enough measurements, the widest first.
  private static func shards(
    of model: String, _ format: NumberFormat, _ measurements: [Measurement], _ base: EngineProfile
  ) -> [FitProblem] {
    let widths = Set(measurements.compactMap(\.shardWidth)).sorted(by: >)
    return widths.map { width in
      let own = measurements.filter { $0.shardWidth == width }
      var shape = own[0].shape
      shape?.shard = width
      return experts(format, shape, "\(model), \(width) columns", own, base, mayHide: true)
    }.filter { $0.measurements.count >= $0.leastRows }
  }

  private static func experts(
    _ format: NumberFormat, _ shape: ExpertProductForm.Shape?, _ name: String, _ measurements: [Measurement],
    _ base: EngineProfile, mayHide: Bool
  ) -> FitProblem {
    let isTiled = base.tiling(format, experts: 0, shard: 0) != nil
    let reread =
      isTiled
      ? FitParameter("rereadCacheBytes", in: 1e5...1e11, scale: .logarithmic, start: 1e8)
      : FitParameter("rereadShare", in: 0...2, start: 0.1)
    let common = [starts, share("flopEfficiency"), share("bandwidthEfficiency", start: 0.85), reread, exponents]
    let cache = base.experts.lazy.compactMap(\.spill).first?.cache
    let slowdown = cache == nil ? [] : [FitParameter("spill.slowdown", in: 1e-3...10, scale: .logarithmic, start: 0.5)]
    let activations = share("activationEfficiency")
    let heights: [ClosedRange<Int>?] =
      isTiled ? [nil] : [8...128, 16...64, 16...128, 16...256, 32...128, 32...256, 64...128, 64...256]
    let columns = base.experts.map(\.tileColumns).max() ?? 1
    let variants = heights.flatMap { tiles in
      (mayHide ? [true, false] : [false]).map { hidden in
        let choices = [
          tiles.map { "tiles of \($0.lowerBound) to \($0.upperBound) rows" }, hidden ? "activations hidden" : nil,
        ]
        let parameters = common + slowdown + (hidden ? [] : [activations])
        return Variant(name: choices.compactMap(\.self).joined(separator: ", "), parameters: parameters) { values in
          let terms = named(parameters, values)
          return .experts(
            ExpertProductForm(
              format: format, shape: shape, start: Seconds(values[0]), flopEfficiency: values[1],
              bandwidthEfficiency: values[2], activationEfficiency: terms["activationEfficiency"],
              rereadShare: terms["rereadShare"] ?? 1, overlapExponent: values[4], tileRows: tiles, tileColumns: columns,
              rereadCache: terms["rereadCacheBytes"].map(Bytes.init),
              spill: cache.flatMap { cache in terms["spill.slowdown"].map { .init(cache: cache, slowdown: $0) } }))
        }
      }
    }
    return FitProblem(
      title: "experts \(format.rawValue), \(name)", family: .moe, measurements: measurements, variants: variants)
  }
}

extension Measurement {
  /// Whether a GPU holds less than half of each expert.
  var isNarrowShard: Bool {
    guard case .experts(let product) = work else { return false }
    return product.wholeIntermediate > 2 * product.intermediate
  }

  /// The GPUs over which whole experts are spread; nil where each is on one or on all. No form is fitted to such.
  var spreadOver: Int? {
    guard case .experts(let product) = work, product.held < product.count else { return nil }
    return product.count / product.held
  }

  /// Whether a profile that says how tiles go by tokens has no file for these experts.
  fileprivate func isCutByRule(_ base: EngineProfile) -> Bool {
    guard case .experts(let product) = work,
      let tiling = base.tiling(product.format, experts: product.held, shard: product.intermediate)
    else { return false }
    return tiling.shape?.shard == nil
  }

  /// Tokens of an MoE layer.
  var tokens: Int? {
    if case .experts(let product) = work { product.rows } else { nil }
  }

  /// How much of each expert a GPU holds.
  fileprivate var shardWidth: Int? {
    if case .experts(let product) = work { product.intermediate } else { nil }
  }

  /// The shape of the experts of an MoE layer, whatever part of them a GPU holds.
  fileprivate var shape: ExpertProductForm.Shape? {
    guard case .experts(let product) = work else { return nil }
    return ExpertProductForm.Shape(
      hidden: product.hidden, intermediate: product.wholeIntermediate, count: product.count, topK: product.topK)
  }
}
