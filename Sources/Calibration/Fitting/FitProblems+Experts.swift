import Base
import HardwareModels

extension FitProblem {
  /// One form for each model, and one for any; one for both where they would learn from the same rows. Shards over more than two GPUs, which few deploy, teach the latter what
  /// narrow experts cost; a form for one model would pay for them with its accuracy on the others. How wide the tiles of a
  /// kernel are, the base profile says.
  static func experts(_ format: NumberFormat, _ measurements: [Measurement], _ base: EngineProfile) -> [FitProblem] {
    let columns = base.experts.map(\.tileColumns).max() ?? 1
    let models = Set(measurements.map(\.model)).sorted()
    guard !models.isEmpty else { return [] }
    let isAlone = models.count == 1 && !measurements.contains(where: \.isNarrowShard)
    let single = isAlone ? [] : models
    return single.compactMap { model in
      let own = measurements.filter { $0.model == model && !$0.isNarrowShard }
      return own.isEmpty ? nil : experts(format, own.first?.shape, model, own, columns, mayHide: true)
    } + [experts(format, nil, "any model", measurements, columns, mayHide: isAlone)]
  }

  private static func experts(
    _ format: NumberFormat, _ shape: ExpertProductForm.Shape?, _ name: String, _ measurements: [Measurement],
    _ columns: Int, mayHide: Bool
  ) -> FitProblem {
    let common = [
      starts, share("flopEfficiency"), share("bandwidthEfficiency", start: 0.85),
      FitParameter("rereadShare", in: 0...2, start: 0.1), exponents,
    ]
    let activations = share("activationEfficiency")
    let variants = [8...128, 16...64, 16...128, 16...256, 32...128, 64...128].flatMap { tiles in
      (mayHide ? [true, false] : [false]).map { hidden in
        Variant(
          name: "tiles of \(tiles.lowerBound) to \(tiles.upperBound) rows\(hidden ? ", activations hidden" : "")",
          parameters: hidden ? common : common + [activations]
        ) { values in
          .experts(
            ExpertProductForm(
              format: format, shape: shape, start: Seconds(values[0]), flopEfficiency: values[1],
              bandwidthEfficiency: values[2], activationEfficiency: hidden ? nil : values[5], rereadShare: values[3],
              overlapExponent: values[4], tileRows: tiles, tileColumns: columns))
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

  /// The shape of the experts of an MoE layer.
  fileprivate var shape: ExpertProductForm.Shape? {
    guard case .experts(let product) = work else { return nil }
    return ExpertProductForm.Shape(
      hidden: product.hidden, intermediate: product.wholeIntermediate, count: product.count, topK: product.topK)
  }
}
