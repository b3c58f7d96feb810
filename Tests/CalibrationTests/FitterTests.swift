import Base
import HardwareModels
import TestSupport
import Testing

@testable import Calibration

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Forms are found again from times that they made themselves.
@Suite struct FitterTests {
  private func base() throws -> EngineProfile {
    try EngineProfile(reading: projectConfig("configs/engines/vllm-0.24-h100.json"))
  }

  private func gpu() throws -> GPU { try GPU(reading: projectConfig("configs/gpus/h100-sxm-80gb.json")) }

  private func measurement(
    _ family: KernelFamily, _ work: OperatorDemand.Kind, size: Int, model: String = "",
    format: NumberFormat = .bf16
  ) -> Measurement {
    Measurement(
      family: family, work: work, format: format, headDim: 128, seconds: 1, model: model, size: Double(size),
      series: "balanced", flops: 1, bytes: 1, label: "\(size)")
  }

  /// What a fit says about times that `form` gives.
  private func refit(
    _ form: FittedForm, _ works: [Measurement], _ change: (inout EngineProfile) -> Void = { _ in }
  ) throws -> KernelFit {
    var base = try base()
    change(&base)
    let pricer = Pricer(base: base, gpu: try gpu())
    var timed = works
    for (index, seconds) in pricer.prices(form, works).enumerated() { timed[index].seconds = seconds }
    let set = MeasurementSet(measurements: timed)
    let problem = try #require(FitProblem.all(for: set, base: base).last)
    var quick = problem
    quick.variants = problem.variants.filter { $0.name.isEmpty || $0.name == "tiles of 16 to 128 rows" }
    return try Fitter(base: base, gpu: gpu()).fit(quick)
  }

  @Test(arguments: [nil, MatrixProductForm.Waves(tiles: 132, share: 0.4)])
  func aMatrixProductIsFoundAgain(waves: MatrixProductForm.Waves?) throws {
    let form = MatrixProductForm(
      format: .fp8, start: Seconds(5e-6), flopEfficiency: 0.7, bandwidthEfficiency: 0.8, overlapExponent: 3,
      timePerInnerRow: Seconds(4e-10), quantizationEfficiency: 0.4, waves: waves)
    let works = [1, 16, 256, 1024, 8192].flatMap { rows in
      [1024, 4096, 16384].flatMap { width in
        [1024, 4096, 16384].map { inner in
          let product = MatrixProduct(rows: rows, columns: width, inner: inner, format: .fp8)
          return measurement(.gemm, .matrixProduct(product), size: rows, format: .fp8)
        }
      }
    }
    let fit = try refit(.matrixProduct(form), works) { $0.matrixProducts[0].waves = waves }
    #expect(fit.form == .matrixProduct(form) && fit.inSample.worst < 0.1 && fit.heldOut.worst < 0.1, "\(fit.values)")
  }

  /// What a fit finds for experts of which `form` says how long they take.
  private func refit(_ form: ExpertProductForm) throws -> ExpertProductForm {
    let works = [1, 4, 16, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384].flatMap { tokens in
      [RoutedCounts.balanced, .powerLaw(1.2)].map { counts in
        let load = counts.load(tokens: tokens, experts: 128, topK: 8)
        let product = ExpertProduct(
          rows: tokens, hidden: 2048, intermediate: 768, wholeIntermediate: 768, count: 128, topK: 8, load: load,
          format: form.format)
        return measurement(.moe, .experts(product), size: tokens, model: "m", format: form.format)
      }
    }
    let fit = try refit(.experts(form), works) { $0.experts[0].spill = form.spill }
    #expect(fit.inSample.worst < 0.2, "\(fit.values)")
    guard case .experts(let found) = fit.form else { preconditionFailure("a fit of experts finds experts") }
    #expect((found.bandwidthEfficiency - form.bandwidthEfficiency).magnitude < 0.005)
    return found
  }

  @Test func expertsAreFoundAgain() throws {
    let found = try refit(
      ExpertProductForm(
        format: .fp8, shape: nil, start: Seconds(3e-5), flopEfficiency: 0.6, bandwidthEfficiency: 0.85,
        activationEfficiency: 0.5, rereadShare: 0.2, overlapExponent: 2, tileRows: 16...128))
    #expect((found.rereadShare - 0.2).magnitude < 0.02 && found.tileRows == 16...128)
  }

  @Test func expertsThatAreCutByTokensAreFoundAgain() throws {
    let found = try refit(
      ExpertProductForm(
        format: .bf16, shape: nil, start: Seconds(3e-5), flopEfficiency: 0.6, bandwidthEfficiency: 0.85,
        activationEfficiency: 0.5, rereadShare: 1, overlapExponent: 2, tileRows: nil, rereadCache: Bytes(2e7)))
    let cache = try #require(found.rereadCache)
    #expect((cache.value / 2e7 - 1).magnitude < 0.1 && found.rereadShare == 1 && found.tileRows == nil)
  }

  @Test func tokensThatSpillOutOfACacheAreFoundAgain() throws {
    let found = try refit(
      ExpertProductForm(
        format: .bf16, shape: nil, start: Seconds(3e-5), flopEfficiency: 0.6, bandwidthEfficiency: 0.85,
        activationEfficiency: 0.5, rereadShare: 1, overlapExponent: 2, tileRows: nil, rereadCache: Bytes(2e7),
        spill: .init(cache: Bytes(1e7), slowdown: 0.7)))
    #expect(((found.spill?.slowdown ?? 0) - 0.7).magnitude < 0.01 && found.spill?.cache == Bytes(1e7))
  }

  @Test(arguments: [("vllm-0.14-a100", 2), ("vllm-0.24-h100", 3)])
  func theFormForAnyModelIsOfThoseThatNobodyTunedFor(_ engine: String, _ count: Int) throws {
    let base = try EngineProfile(reading: projectConfig("configs/engines/\(engine).json"))
    // vLLM has a file for 8 experts of 7168 columns on both GPUs, and for 128 of 768 on the H100 alone.
    let works = [(8, 14336, 14336), (8, 14336, 7168), (128, 768, 768)].map { experts, whole, shard in
      let product = ExpertProduct(
        rows: 1, hidden: 2048, intermediate: shard, wholeIntermediate: whole, count: experts, topK: 2,
        load: ExpertLoad(counts: [1]), format: .bf16)
      return measurement(.moe, .experts(product), size: 1, model: "\(experts)")
    }
    let any = try #require(FitProblem.all(for: MeasurementSet(measurements: works), base: base).last)
    #expect(any.title == "experts bf16, any model" && any.measurements.count == count)
  }

  @Test func whatMeasurementsOfAsManyTokensHaveInCommonIsFoundAgain() {
    let known = TokenCurve([1, 2, 4, 8, 16, 32].map { .init(tokens: $0, factor: $0 < 8 ? 1.1 : 0.9) })
    let misses = (1...32).flatMap { tokens in
      [-0.001, 0.001].map { (tokens: tokens, miss: log(known.factor(at: tokens)) + $0) }
    }
    let found = TokenCurve(through: misses, robust: LeastSquares())
    #expect(found.knots.map(\.tokens) == [1, 2, 4, 8, 16, 32])
    for tokens in 1...32 { #expect((found.factor(at: tokens) / known.factor(at: tokens) - 1).magnitude < 0.02) }
  }

  @Test func aFewWildMeasurementsDoNotBendTheCurve() {
    let misses = (0..<40).map { (tokens: 1 + $0 % 8, miss: $0 < 4 ? 1.0 : 0) }
    for knot in TokenCurve(through: misses, robust: LeastSquares()).knots {
      #expect((knot.factor - 1).magnitude < 0.02, "\(knot)")
    }
  }

  @Test func attentionOfPromptsAndDecodesTogetherIsFoundAgain() throws {
    let form = PrefillAttentionForm(
      start: Seconds(8e-6), flopEfficiencies: [.init(headDim: 128, flopEfficiency: 0.6)], maskedTokens: 100,
      bandwidthEfficiency: 0.5, timePerContextToken: Seconds(2e-8), sharedTile: .init(rows: 70, extraTokens: 90))
    let works = [16, 128, 1024].flatMap { tokens in
      [0, 512, 16384].flatMap { past in
        [0, 1, 16, 64].map { decodes in
          let one = PrefillWork(tokens: tokens, past: past, window: nil)
          let prompt = PrefillAttention(
            tokens: tokens, pairs: one.attendedPairs, cachedTokens: one.cachedTokensRead, heads: 32, kvHeads: 4,
            headDim: 128)
          let decode = DecodeAttention(
            requests: decodes, contextTokens: decodes * (past + 300), kvHeads: 4, headDim: 128)
          let work = decodes > 0 ? OperatorDemand.Kind.sharedAttention(prompt, decode) : .prefillAttention(prompt)
          return measurement(.prefill, work, size: tokens)
        }
      }
    }
    let fit = try refit(.prefillAttention(form), works)
    #expect(fit.inSample.worst < 1, "\(fit.values)")
    guard case .prefillAttention(let found) = fit.form else { Issue.record("no prefill"); return }
    #expect(((found.timePerContextToken?.value ?? 0) - 2e-8).magnitude < 1e-10)
    #expect(((found.sharedTile?.rows ?? 0) - 70).magnitude < 1)
  }

  @Test func decodeAttentionIsFoundAgain() throws {
    let form = DecodeAttentionForm(
      start: Seconds(2e-5), bandwidthEfficiency: 0.9, timePerHead: Seconds(2e-8), overlapExponent: 1.5)
    let works = [1, 8, 64, 256].flatMap { requests in
      [128, 1024, 8192, 65536].map { context in
        let work = DecodeAttention(requests: requests, contextTokens: requests * context, kvHeads: 4, headDim: 128)
        return measurement(.decode, .decodeAttention(work), size: context)
      }
    }
    let fit = try refit(.decodeAttention(form), works)
    #expect(fit.form == .decodeAttention(form), "\(fit.values)")
  }

  @Test func anAllReduceIsFoundAgain() throws {
    let form = AllReduceForm(
      gpus: 4, start: Seconds(5e-6), bandwidth: BytesPerSecond(3e11), secondStart: Seconds(4e-6))
    let works = (8...26).map { measurement(.collectives, .allReduce(bytes: Double(1 << $0), gpus: 4), size: 1 << $0) }
    let fit = try refit(.allReduce(form), works)
    #expect(fit.form == .allReduce(form), "\(fit.values)")
  }

  @Test func outliersAreDroppedWhereThatIsAsked() throws {
    let form = AllReduceForm(
      gpus: 4, start: Seconds(5e-6), bandwidth: BytesPerSecond(3e11), secondStart: Seconds(4e-6))
    let works = (8...26).map { measurement(.collectives, .allReduce(bytes: Double(1 << $0), gpus: 4), size: 1 << $0) }
    var timed = works
    let prices = Pricer(base: try base(), gpu: try gpu()).prices(.allReduce(form), works)
    for index in timed.indices { timed[index].seconds = prices[index] * (index == 3 ? 4.5 : 1) }
    var fitter = Fitter(base: try base(), gpu: try gpu())
    fitter.dropBeyond = 2
    let fit = try fitter.fit(try #require(FitProblem.all(for: MeasurementSet(measurements: timed), base: base()).first))
    #expect(fit.dropped == 1 && fit.form == .allReduce(form), "\(fit.values)")
  }

  @Test func termsOfTilesAreFittedWhereTheBaseHasThem() throws {
    let product = MatrixProduct(rows: 1, columns: 8, inner: 8, format: .bf16)
    let prefill = PrefillAttention(tokens: 1, pairs: 9, cachedTokens: 9, heads: 1, kvHeads: 1, headDim: 128)
    let works = [
      measurement(.gemm, .matrixProduct(product), size: 1), measurement(.prefill, .prefillAttention(prefill), size: 1),
    ]
    func names(_ engine: String) throws -> [String] {
      let base = try EngineProfile(reading: projectConfig("configs/engines/\(engine).json"))
      return FitProblem.all(for: MeasurementSet(measurements: works), base: base)
        .flatMap { $0.variants[0].parameters.map(\.name) }
    }
    let terms: Set = ["secondsPerInnerRow", "secondsPerContextToken"]
    #expect(try terms.isSubset(of: names("vllm-0.24-h100")) && terms.isDisjoint(with: names("lpk-cpu")))
  }

  @Test func tooFewRowsSayHowManyItNeeds() throws {
    let works = (8...10).map { measurement(.collectives, .allReduce(bytes: Double(1 << $0), gpus: 2), size: 1 << $0) }
    let problem = try #require(FitProblem.all(for: MeasurementSet(measurements: works), base: base()).first)
    let fitter = Fitter(base: try base(), gpu: try gpu())
    #expect(
      sentence { _ = try fitter.fit(problem) }
        == "3 measurements of all-reduce over 2 GPUs are too few to fit its 2 parameters — it needs at least 4")
  }

  @Test func errorsAreCountedByHand() throws {
    let measured = (1...10).map { measurement(.gemm, .allReduce(bytes: 1, gpus: 2), size: $0) }
    let errors = try #require(FitErrors(measured, priced: (1...10).map { 1 + Double($0) / 100 }))
    #expect((errors.median - 5).magnitude < 1e-9 && (errors.p90 - 9).magnitude < 1e-9 && errors.worstPlace == "10")
    #expect(FitErrors([], priced: []) == nil)
  }
}
