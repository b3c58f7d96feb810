import Base
import HardwareModels

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A form with the numbers that fit best, and how well it does.
public struct KernelFit: Sendable {
  /// Errors of a part of the measurements.
  public struct Part: Hashable, Sendable {
    /// Which part.
    public var name: String
    /// Its errors.
    public var errors: FitErrors
  }

  /// One fitted number.
  public struct Value: Hashable, Sendable {
    /// The key in a profile.
    public var name: String
    /// Its value, four digits.
    public var value: Double
    /// Whether it stands at the end of what it may be.
    public var isAtBound: Bool
  }

  /// What was fitted.
  public var title: String
  /// The kernels.
  public var family: KernelFamily
  /// The form.
  public var form: FittedForm
  /// Its numbers.
  public var values: [Value]
  /// What was chosen beside numbers; empty where there was no choice.
  public var variant: String
  /// What it was fitted to.
  public var measurements: [Measurement]
  /// What it says they take, in seconds.
  public var priced: [Double]
  /// Measurements that were dropped because the first fit missed them by more than the factor allowed.
  public var dropped: Int
  /// Errors on the measurements it was fitted to.
  public var inSample: FitErrors
  /// The same by part.
  public var parts: [Part]
  /// Errors on measurements that were held out, each by one of five fits to the others.
  public var heldOut: FitErrors
  /// Errors on a model whose measurements were all held out, by model; empty where there is only one.
  public var leftOutModels: [Part]
}

/// Fits problems on one GPU.
public struct Fitter: Sendable {
  /// Where the search for numbers is made.
  public var search = LeastSquares()
  /// Measurements that a first fit misses by more than this factor are dropped before the second; nil keeps all.
  public var dropBeyond: Double?
  /// Parts into which measurements are cut for holding out.
  public var folds = 5
  private let pricer: Pricer

  /// Fits for a GPU; what is not fitted is the base profile's.
  public init(base: EngineProfile, gpu: GPU) { pricer = Pricer(base: base, gpu: gpu) }

  /// The best form for a problem, with its errors.
  public func fit(_ whole: FitProblem) throws -> KernelFit {
    try whole.checkCount()
    var problem = whole
    var best = self.best(problem)
    if let dropBeyond {
      let prices = pricer.prices(best.form, problem.measurements)
      problem = problem.with(
        zip(problem.measurements, prices).filter { log($1 / $0.seconds).magnitude <= log(dropBeyond) }.map(\.0))
      try problem.checkCount()
      if problem.measurements.count < whole.measurements.count { best = self.best(problem) }
    }
    best.form = corrected(best.form, to: problem.measurements)
    let priced = pricer.prices(best.form, problem.measurements)
    guard let errors = FitErrors(problem.measurements, priced: priced) else {
      preconditionFailure("the number of measurements was checked")
    }
    return KernelFit(
      title: problem.title, family: problem.family, form: best.form, values: best.values, variant: best.variant.name,
      measurements: problem.measurements, priced: priced,
      dropped: whole.measurements.count - problem.measurements.count, inSample: errors,
      parts: parts(problem.measurements, priced), heldOut: heldOut(problem, best.variant),
      leftOutModels: leftOutModels(problem))
  }

  private struct Best {
    var variant: FitProblem.Variant
    var values: [KernelFit.Value]
    var form: FittedForm
  }

  private func best(_ problem: FitProblem) -> Best {
    var found: (cost: Double, best: Best)?
    for variant in problem.variants {
      let solution = solve(variant, problem.measurements)
      guard solution.cost < found?.cost ?? .infinity else { continue }
      let values = zip(variant.parameters, solution.values).map { parameter, value in
        KernelFit.Value(name: parameter.name, value: rounded(value), isAtBound: parameter.isAtBound(value))
      }
      found = (solution.cost, Best(variant: variant, values: values, form: variant.form(values.map(\.value))))
    }
    guard let found else { preconditionFailure("a problem has a variant whose cost is a number") }
    return found.best
  }

  private func solve(_ variant: FitProblem.Variant, _ measurements: [Measurement]) -> LeastSquares.Solution {
    search.minimize(variant.parameters) { values in
      zip(pricer.prices(variant.form(values), measurements), measurements).map { log($0 / $1.seconds) }
    }
  }

  /// The form of experts of one width, with what measurements of as many tokens have in common beside it; others as they
  /// are.
  private func corrected(_ form: FittedForm, to measurements: [Measurement]) -> FittedForm {
    guard case .experts(var experts) = form, experts.shape?.shard != nil else { return form }
    let misses = zip(measurements, pricer.prices(form, measurements)).compactMap { measurement, price in
      measurement.tokens.map { (tokens: $0, miss: log(measurement.seconds / price)) }
    }
    experts.correction = TokenCurve(through: misses, robust: search)
    return .experts(experts)
  }

  /// Each measurement is priced by a fit to the four fifths that it is not in.
  private func heldOut(_ problem: FitProblem, _ variant: FitProblem.Variant) -> FitErrors {
    var random = SeededRandom(seed: 1, stream: "calibration-folds")
    let fold = problem.measurements.map { _ in Int(random.uniform() * Double(folds)) }
    var unseen: [Measurement] = []
    var prices: [Double] = []
    for held in 0..<folds {
      let pairs = zip(problem.measurements, fold)
      let hidden = pairs.filter { $1 == held }.map(\.0)
      let seen = pairs.filter { $1 != held }.map(\.0)
      let form = corrected(variant.form(solve(variant, seen).values), to: seen)
      unseen += hidden
      prices += pricer.prices(form, hidden)
    }
    guard let errors = FitErrors(unseen, priced: prices) else { preconditionFailure("every measurement is in a fold") }
    return errors
  }

  /// Each model is priced by a fit, choice of variant included, to the others; then all of them over one and two GPUs
  /// together.
  private func leftOutModels(_ problem: FitProblem) -> [KernelFit.Part] {
    let models = Set(problem.measurements.map(\.model)).sorted()
    guard models.count > 1, problem.family == .moe else { return [] }
    let parts = models.map { model -> (wide: FitErrors?, narrow: FitErrors?) in
      let best = self.best(problem.with(problem.measurements.filter { $0.model != model }))
      let hidden = problem.measurements.filter { $0.model == model }
      func errors(_ rows: [Measurement]) -> FitErrors? { FitErrors(rows, priced: pricer.prices(best.form, rows)) }
      return (errors(hidden.filter { !$0.isNarrowShard }), errors(hidden.filter(\.isNarrowShard)))
    }
    let named = zip(models, parts).flatMap { model, part in
      [(model, part.wide), ("\(model) over more than 2 GPUs", part.narrow)]
    }
    let all = [("each model", FitErrors(joining: parts.compactMap(\.wide)))]
    return (named + all).compactMap { name, errors in errors.map { KernelFit.Part(name: name, errors: $0) } }
  }

  private func parts(_ measurements: [Measurement], _ priced: [Double]) -> [KernelFit.Part] {
    let names = Set(measurements.map(\.part)).sorted()
    guard names.count > 1 else { return [] }
    return names.compactMap { name in
      let own = zip(measurements, priced).filter { $0.0.part == name }
      return FitErrors(own.map(\.0), priced: own.map(\.1)).map { KernelFit.Part(name: name, errors: $0) }
    }
  }
}

extension Measurement {
  /// The part of its family that errors are told apart by.
  fileprivate var part: String {
    switch family {
    case .moe where isNarrowShard: "\(model) over more than 2 GPUs"
    case .moe: "\(model), \(["balanced", "coverage"].first { series.contains(", \($0)") } ?? "power law")"
    case .prefill: "heads of \(headDim)"
    case .gemm, .decode, .mlaPrefill, .mlaDecode, .elementwise, .collectives: ""
    }
  }
}

extension FitParameter {
  /// Whether a value lies within a thousandth of an end, where an end means something: no time is too short.
  fileprivate func isAtBound(_ value: Double) -> Bool {
    (coordinate(of: value) - coordinate(of: bounds.lowerBound)).magnitude < 0.02
      || (coordinate(of: value) - coordinate(of: bounds.upperBound)).magnitude < 0.02
  }
}

/// Four significant digits.
func rounded(_ value: Double) -> Double {
  guard value != 0 else { return 0 }
  let digits = 3 - Int(floor(log10(value.magnitude)))
  let scale = pow(10, Double(digits.magnitude))
  return digits >= 0 ? (value * scale).rounded() / scale : (value / scale).rounded() * scale
}
