import Base
import HardwareModels

/// t0 of any form.
let starts = FitParameter("startSeconds", in: 1e-7...1e-2, scale: .logarithmic, start: 1e-5)
/// p of any form.
let exponents = FitParameter("overlapExponent", in: 1...12, scale: .logarithmic, start: 2)

/// A share of a peak.
func share(_ name: String, start: Double = 0.7) -> FitParameter {
  FitParameter(name, in: 0.001...1, start: start)
}

/// Numbers by the names of their parameters, for terms that not every form has.
func named(_ parameters: [FitParameter], _ values: [Double]) -> [String: Double] {
  Dictionary(uniqueKeysWithValues: zip(parameters.map(\.name), values))
}

extension FitProblem {
  /// Every form that these measurements are about: matrix products by format, and by rows where the base profile has
  /// different kernels for few and for many; experts by format, and by format and model; decode and prefill attention;
  /// latent attention, of prompts by variant; elementwise kernels; all-reduce by number of GPUs. Terms of kernels that work in tiles are fitted where the base
  /// profile has them.
  public static func all(for set: MeasurementSet, base: EngineProfile) -> [FitProblem] {
    var problems: [FitProblem] = []
    for format in NumberFormat.allCases {
      problems += matrixProducts(format, set.of(.gemm).filter { $0.format == format }, base)
      problems += experts(format, set.of(.moe).filter { $0.format == format && $0.spreadOver == nil }, base)
    }
    problems += ofOne(set.of(.decode), decodeAttention)
    problems += ofOne(set.of(.prefill)) { prefillAttention($0, base) }
    problems += ofOne(set.of(.mlaDecode), latentDecode)
    for variant in LatentVariant.allCases {
      problems += ofOne(set.of(.mlaPrefill).filter { $0.variant == variant }) { latentPrefill(variant, $0) }
    }
    problems += ofOne(set.of(.elementwise), elementwise)
    for gpus in gpuCounts(set.of(.collectives)) {
      problems.append(allReduce(gpus, set.of(.collectives).filter { $0.gpus == gpus }))
    }
    return problems
  }

  static func ofOne(_ measurements: [Measurement], _ make: ([Measurement]) -> FitProblem) -> [FitProblem] {
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
      return ofOne(own) { matrixProduct(format, from: first, to: end, $0, base) }
    }
  }

  private static func matrixProduct(
    _ format: NumberFormat, from first: Int?, to end: Int, _ measurements: [Measurement], _ base: EngineProfile
  ) -> FitProblem {
    let hasTiles = base.matrixProducts.contains { $0.timePerInnerRow != nil }
    let inner = FitParameter("secondsPerInnerRow", in: 1e-13...1e-8, scale: .logarithmic, start: 3e-10)
    let waves = base.matrixProducts.lazy.compactMap(\.waves).first
    let parameters =
      [starts, share("flopEfficiency"), share("bandwidthEfficiency"), exponents] + (hasTiles ? [inner] : [])
      + (waves == nil ? [] : [share("waves.share", start: 0.4)])
      + (format == .fp8 ? [share("quantizationEfficiency")] : [])
    let variant = Variant(name: "", parameters: parameters) { values in
      let terms = named(parameters, values)
      return .matrixProduct(
        MatrixProductForm(
          format: format, fromRows: first, start: Seconds(values[0]), flopEfficiency: values[1],
          bandwidthEfficiency: values[2], overlapExponent: values[3],
          timePerInnerRow: terms["secondsPerInnerRow"].map(Seconds.init),
          quantizationEfficiency: terms["quantizationEfficiency"],
          waves: waves.flatMap { known in terms["waves.share"].map { .init(tiles: known.tiles, share: $0) } }))
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

  /// Only prompts behind a past tell what a tile takes for each key, and only kernels that serve both how decodes stand
  /// beside prompts.
  private static func prefillAttention(_ measurements: [Measurement], _ base: EngineProfile) -> FitProblem {
    let widths = Set(measurements.map(\.headDim)).sorted(by: >)
    let masked = FitParameter("maskedTokens", in: 0.1...5000, scale: .logarithmic, start: 100)
    let hasTiles = base.prefillAttention.timePerContextToken != nil
    let hasPast = measurements.contains { $0.prefill.map { $0.cachedTokens > $0.tokens } ?? false }
    let walk = FitParameter("secondsPerContextToken", in: 1e-10...1e-6, scale: .logarithmic, start: 2e-8)
    let isShared = measurements.contains { if case .sharedAttention = $0.work { true } else { false } }
    let tile = [
      FitParameter("sharedTile.rows", in: 1...1024, scale: .logarithmic, start: 64),
      FitParameter("sharedTile.extraTokens", in: 0.1...5000, scale: .logarithmic, start: 100),
    ]
    let parameters =
      [starts, masked, share("bandwidthEfficiency", start: 0.5)] + widths.map { share("flopEfficiency of \($0)") }
      + (hasTiles && hasPast ? [walk] : []) + (isShared ? tile : [])
    let variant = Variant(name: "", parameters: parameters) { values in
      let efficiencies = zip(widths, values.dropFirst(3)).map { width, share in
        PrefillAttentionForm.HeadEfficiency(headDim: width, flopEfficiency: share)
      }
      let terms = named(parameters, values)
      return .prefillAttention(
        PrefillAttentionForm(
          start: Seconds(values[0]), flopEfficiencies: efficiencies, maskedTokens: values[1],
          bandwidthEfficiency: values[2],
          timePerContextToken: hasTiles ? Seconds(terms["secondsPerContextToken"] ?? 0) : nil,
          sharedTile: terms["sharedTile.rows"].flatMap { rows in
            terms["sharedTile.extraTokens"].map { .init(rows: rows, extraTokens: $0) }
          }))
    }
    return FitProblem(title: "prefill attention", family: .prefill, measurements: measurements, variants: [variant])
  }

  private static func elementwise(_ measurements: [Measurement]) -> FitProblem {
    let bandwidth = FitParameter("bandwidthEfficiency", in: 0.01...20, scale: .logarithmic, start: 0.8)
    let variant = Variant(name: "", parameters: [starts, bandwidth]) { values in
      .elementwise(ElementwiseForm(start: Seconds(values[0]), bandwidthEfficiency: values[1]))
    }
    return FitProblem(
      title: "elementwise kernels", family: .elementwise, measurements: measurements, variants: [variant])
  }

  /// Over two GPUs one step and two move the same, so that nothing tells their starts apart.
  private static func allReduce(_ gpus: Int, _ measurements: [Measurement]) -> FitProblem {
    let second = FitParameter("secondStartSeconds", in: 1e-9...1e-2, scale: .logarithmic, start: 3e-6)
    let parameters =
      [starts, FitParameter("bytesPerSecond", in: 1e8...4e12, scale: .logarithmic, start: 3e11)]
      + (gpus > 2 ? [second] : [])
    let variant = Variant(name: "", parameters: parameters) { values in
      .allReduce(
        AllReduceForm(
          gpus: gpus, start: Seconds(values[0]), bandwidth: BytesPerSecond(values[1]),
          secondStart: named(parameters, values)["secondStartSeconds"].map(Seconds.init)))
    }
    return FitProblem(
      title: "all-reduce over \(gpus) GPUs", family: .collectives, measurements: measurements, variants: [variant])
  }
}

extension Measurement {
  /// The prompts of an attention kernel.
  fileprivate var prefill: PrefillAttention? {
    switch work {
    case .prefillAttention(let work), .sharedAttention(let work, _): work
    default: nil
    }
  }

  /// The GPUs of an all-reduce; one for any other kernel.
  fileprivate var gpus: Int {
    if case .allReduce(_, let gpus) = work { return gpus }
    return 1
  }
}
