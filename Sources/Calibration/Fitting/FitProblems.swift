import Base
import HardwareModels

private let starts = FitParameter("startSeconds", in: 1e-7...1e-2, scale: .logarithmic, start: 1e-5)
private let exponents = FitParameter("overlapExponent", in: 1...12, scale: .logarithmic, start: 2)

private func share(_ name: String, start: Double = 0.7) -> FitParameter {
  FitParameter(name, in: 0.001...1, start: start)
}

extension FitProblem {
  /// Every form that these measurements are about: matrix products by format, and by rows where the base profile has
  /// different kernels for few and for many; experts by format, and by format and model where there are several models;
  /// decode and prefill attention; all-reduce by number of GPUs.
  public static func all(for set: MeasurementSet, base: EngineProfile) -> [FitProblem] {
    var problems: [FitProblem] = []
    for format in NumberFormat.allCases {
      problems += matrixProducts(format, set.of(.gemm).filter { $0.format == format }, base)
      problems += experts(format, set.of(.moe).filter { $0.format == format })
    }
    problems += ofOne(set.of(.decode), decodeAttention)
    problems += ofOne(set.of(.prefill), prefillAttention)
    for gpus in gpuCounts(set.of(.collectives)) {
      problems.append(allReduce(gpus, set.of(.collectives).filter { $0.gpus == gpus }))
    }
    return problems
  }

  private static func ofOne(_ measurements: [Measurement], _ make: ([Measurement]) -> FitProblem) -> [FitProblem] {
    measurements.isEmpty ? [] : [make(measurements)]
  }

  private static func gpuCounts(_ measurements: [Measurement]) -> [Int] { Set(measurements.map(\.gpus)).sorted() }

  private static func matrixProducts(
    _ format: NumberFormat, _ measurements: [Measurement], _ base: EngineProfile
  ) -> [FitProblem] {
    let beginnings = base.matrixProducts.filter { $0.format == format }.compactMap(\.fromRows)
    return ([nil] + beginnings).enumerated().flatMap { index, first in
      let end = index < beginnings.count ? beginnings[index] : .max
      let own = measurements.filter { ((first ?? 0)..<end).contains(Int($0.size)) }
      return ofOne(own) { matrixProduct(format, from: first, to: end, $0) }
    }
  }

  private static func matrixProduct(
    _ format: NumberFormat, from first: Int?, to end: Int, _ measurements: [Measurement]
  ) -> FitProblem {
    let parameters = [starts, share("flopEfficiency"), share("bandwidthEfficiency"), exponents]
    let variant = Variant(name: "", parameters: parameters) { values in
      .matrixProduct(
        MatrixProductForm(
          format: format, fromRows: first, start: Seconds(values[0]), flopEfficiency: values[1],
          bandwidthEfficiency: values[2], overlapExponent: values[3]))
    }
    let rows = end == .max ? first.map { ", \($0) rows and more" } ?? "" : ", fewer than \(end) rows"
    return FitProblem(
      title: "matrix products \(format.rawValue)\(rows)", family: .gemm, measurements: measurements, variants: [variant]
    )
  }

  private static func decodeAttention(_ measurements: [Measurement]) -> FitProblem {
    let heads = FitParameter("secondsPerRequestAndHead", in: 1e-10...1e-3, scale: .logarithmic, start: 2e-8)
    let parameters = [starts, share("bandwidthEfficiency"), heads, exponents]
    let variant = Variant(name: "", parameters: parameters) { values in
      .decodeAttention(
        DecodeAttentionForm(
          start: Seconds(values[0]), bandwidthEfficiency: values[1], timePerHead: Seconds(values[2]),
          overlapExponent: values[3]))
    }
    return FitProblem(title: "decode attention", family: .decode, measurements: measurements, variants: [variant])
  }

  private static func prefillAttention(_ measurements: [Measurement]) -> FitProblem {
    let widths = Set(measurements.map(\.headDim)).sorted(by: >)
    let masked = FitParameter("maskedTokens", in: 0.1...5000, scale: .logarithmic, start: 100)
    let parameters =
      [starts, masked, share("bandwidthEfficiency", start: 0.5)] + widths.map { share("flopEfficiency of \($0)") }
    let variant = Variant(name: "", parameters: parameters) { values in
      let efficiencies = zip(widths, values.dropFirst(3)).map { width, share in
        PrefillAttentionForm.HeadEfficiency(headDim: width, flopEfficiency: share)
      }
      return .prefillAttention(
        PrefillAttentionForm(
          start: Seconds(values[0]), flopEfficiencies: efficiencies, maskedTokens: values[1],
          bandwidthEfficiency: values[2]))
    }
    return FitProblem(title: "prefill attention", family: .prefill, measurements: measurements, variants: [variant])
  }

  private static func allReduce(_ gpus: Int, _ measurements: [Measurement]) -> FitProblem {
    let parameters = [
      starts, FitParameter("bytesPerSecond", in: 1e8...4e12, scale: .logarithmic, start: 3e11),
      FitParameter("secondsPerRootMegabyte", in: 1e-9...1e-2, scale: .logarithmic, start: 3e-6),
    ]
    let variant = Variant(name: "", parameters: parameters) { values in
      .allReduce(
        AllReduceForm(
          gpus: gpus, start: Seconds(values[0]), bandwidth: BytesPerSecond(values[1]),
          timePerRootMegabyte: Seconds(values[2])))
    }
    return FitProblem(
      title: "all-reduce over \(gpus) GPUs", family: .collectives, measurements: measurements, variants: [variant])
  }
}

extension Measurement {
  /// The GPUs of an all-reduce; one for any other kernel.
  fileprivate var gpus: Int {
    if case .allReduce(_, let gpus) = work { return gpus }
    return 1
  }
}

extension FitProblem {
  /// One form for any model, and one for each where there are several.
  private static func experts(_ format: NumberFormat, _ measurements: [Measurement]) -> [FitProblem] {
    let models = Set(measurements.map(\.model)).sorted()
    guard !models.isEmpty else { return [] }
    let general = experts(format, nil, "any model", measurements)
    guard models.count > 1 else { return [general] }
    return models.map { model in
      let own = measurements.filter { $0.model == model }
      return experts(format, own.first?.shape, model, own)
    } + [general]
  }

  private static func experts(
    _ format: NumberFormat, _ shape: ExpertProductForm.Shape?, _ name: String, _ measurements: [Measurement]
  ) -> FitProblem {
    let common = [
      starts, share("flopEfficiency"), share("bandwidthEfficiency", start: 0.85),
      FitParameter("rereadShare", in: 0...2, start: 0.1), exponents,
    ]
    let activations = share("activationEfficiency")
    let variants = [8...128, 16...64, 16...128, 16...256, 32...128, 64...128].flatMap { tiles in
      [true, false].map { hidden in
        Variant(
          name: "tiles of \(tiles.lowerBound) to \(tiles.upperBound) rows\(hidden ? ", activations hidden" : "")",
          parameters: hidden ? common : common + [activations]
        ) { values in
          .experts(
            ExpertProductForm(
              format: format, shape: shape, start: Seconds(values[0]), flopEfficiency: values[1],
              bandwidthEfficiency: values[2], activationEfficiency: hidden ? nil : values[5], rereadShare: values[3],
              overlapExponent: values[4], tileRows: tiles))
        }
      }
    }
    return FitProblem(
      title: "experts \(format.rawValue), \(name)", family: .moe, measurements: measurements, variants: variants)
  }
}

extension Measurement {
  /// The shape of the experts of an MoE layer.
  fileprivate var shape: ExpertProductForm.Shape? {
    guard case .experts(let product) = work else { return nil }
    return ExpertProductForm.Shape(
      hidden: product.hidden, intermediate: product.wholeIntermediate, count: product.count, topK: product.topK)
  }
}
