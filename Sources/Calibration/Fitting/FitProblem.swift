import Base
import HardwareModels

/// A form of an engine profile with numbers in it.
public enum FittedForm: Hashable, Sendable {
  /// Dense matrix products of one format.
  case matrixProduct(MatrixProductForm)
  /// Routed experts of one format and shape.
  case experts(ExpertProductForm)
  /// Decode attention.
  case decodeAttention(DecodeAttentionForm)
  /// Prefill attention.
  case prefillAttention(PrefillAttentionForm)
  /// Absorbed latent attention of decodes.
  case latentDecode(LatentDecodeForm)
  /// Latent attention of prompts in one variant.
  case latentPrefill(LatentPrefillForm)
  /// Kernels that only move bytes.
  case elementwise(ElementwiseForm)
  /// All-reduce over so many GPUs.
  case allReduce(AllReduceForm)

  /// A profile that has this form and no other of its kind.
  func alone(in base: EngineProfile) -> EngineProfile {
    var engine = base
    switch self {
    case .matrixProduct(let form): engine.matrixProducts = [form]
    case .experts(let form): engine.experts = [form]
    case .decodeAttention(let form): engine.decodeAttention = form
    case .prefillAttention(let form): engine.prefillAttention = form
    case .latentDecode(let form): engine.mlaDecodeAttention = form
    case .latentPrefill(let form): engine.mlaPrefillAttention = [form]
    case .elementwise(let form): engine.elementwise = form
    case .allReduce(let form): engine.allReduces = [form]
    }
    return engine
  }
}

/// A form to fit: its free numbers, and what it is fitted to.
public struct FitProblem: Sendable {
  /// One way to choose what is not a number between bounds, such as tile heights.
  struct Variant: Sendable {
    var name: String
    var parameters: [FitParameter]
    var form: @Sendable ([Double]) -> FittedForm
  }

  /// What is fitted, such as `experts bf16, qwen3-30b-a3b`.
  public var title: String
  /// The kernels.
  public var family: KernelFamily
  /// The measurements.
  public var measurements: [Measurement]
  var variants: [Variant]

  /// The same for other measurements.
  func with(_ measurements: [Measurement]) -> FitProblem {
    var problem = self
    problem.measurements = measurements
    return problem
  }

  /// Twice as many as there are parameters, so that a fifth can be held out.
  public var leastRows: Int { 2 * (variants.map(\.parameters.count).max() ?? 0) }

  /// Refuses too few measurements.
  func checkCount() throws {
    guard measurements.count >= leastRows else {
      let parameters = leastRows / 2
      throw InputError(
        .data, "\(measurements.count) measurements of \(title) are too few to fit its \(parameters) parameters",
        hint: "it needs at least \(leastRows)")
    }
  }
}

/// The prices of measured kernels on a GPU, with whatever forms; everything else is the base profile's.
struct Pricer: Sendable {
  let base: EngineProfile
  let gpu: GPU

  /// What each measured kernel would take, in seconds, under a form.
  func prices(_ form: FittedForm, _ measurements: [Measurement]) -> [Double] {
    let engine = form.alone(in: base)
    var pricing = KernelPricing(engine, gpu, headDim: 128)
    var headDim = 128
    return measurements.map { measurement in
      if measurement.headDim != headDim {
        headDim = measurement.headDim
        pricing = KernelPricing(engine, gpu, headDim: headDim)
      }
      let besides = measurement.besides.map { pricing.duration(of: $0).value } ?? 0
      return pricing.duration(of: measurement.work).value + besides
    }
  }
}
