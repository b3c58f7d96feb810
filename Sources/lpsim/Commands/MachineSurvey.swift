import Base
import HardwareModels
import RealKernels

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Measures the kernels of some models on the machine at hand.
struct MachineSurvey {
  private let effort: SurveyEffort
  private let seed: UInt64
  private let kernels: Kernels
  private let subjects: [SurveySubject]

  /// A survey of models by name; without names, of those that are usual for the backend.
  init(
    _ options: SurveyOptions, on backend: KernelBackend, of models: [String], in library: ConfigLibrary
  ) throws {
    effort = options.effort(on: backend)
    seed = options.seed ?? 0
    subjects = try (models.isEmpty ? backend.usualModels : models).map { name in
      let model = try Model(reading: library.assumingRouting(library.load(name, .model)))
      return SurveySubject(model, tensorParallel: backend.shards.filter { model.isDivisible(by: $0) })
    }
    kernels = try backend.open()
    for subject in subjects where subject.model.transformer.attention.latent != nil {
      Terminal.note("\(subject.model.name) has latent attention, for which there are no kernels here: it is left out")
    }
  }

  /// What the machine calls itself.
  var machine: String { kernels.name }

  /// Measures, and writes tables and machine.json into a folder, also if the user breaks it off.
  func run(into folder: String) throws {
    let plan = try SurveyPlan(of: subjects, effort, activation: kernels.capabilities.activationType, seed: seed)
    var survey = try KernelSurvey(kernels, plan: plan, date: today(), seed: seed)
    let models = subjects.map(\.model.name).joined(separator: ", ")
    Terminal.note(
      "measuring \(models) on \(kernels.name), \(kernels.capabilities.processors) processors: up to "
        + "\(decimal(effort.limits.budget.value)) s; Ctrl-C keeps what was measured in \(folder)")
    var bar = ProgressBar("measuring")
    defer { bar.clear() }
    try survey.run(into: folder) { progress in
      try Interrupt.check(keeping: "what was measured is kept in \(folder)")
      bar.show(upTo: effort.limits.budget.value, progress.what)
    }
    report(survey.results)
  }

  /// What a reader of the numbers must know.
  private func report(_ results: SurveyResults) {
    for failure in results.failed {
      Terminal.note("\(failure.name) failed its check and was not measured: \(failure.why)")
    }
    if let why = results.unmetered { Terminal.note("energy was not measured: \(why)") }
    if !results.leftOut.isEmpty {
      Terminal.note("\(results.leftOut.count) points were left out for time; machine.json names them")
    }
    let passes = results.slowness.factors.count
    let used = results.slowness.used.count
    if used < passes {
      Terminal.note("\(used) of \(passes) passes were quiet; the others are in samples.csv only")
    }
  }
}

extension KernelBackend {
  /// The models that are measured where none is named.
  fileprivate var usualModels: [String] {
    switch self {
    case .cpu: ["tiny-moe-12l"]
    case .cuda: ["qwen3-30b-a3b", "gpt-oss-20b"]
    }
  }

  /// Over how many devices a model is cut, one of which is measured.
  fileprivate var shards: [Int] { self == .cuda ? [1, 2] : [1] }

  /// The profile that says what kernels cannot.
  var usualBase: String {
    switch self {
    case .cpu: "lpk-cpu"
    case .cuda: "vllm-0.24-h200"
    }
  }

  /// What does not hold of our kernels though the usual base says it of others.
  var usualSettings: [String] {
    guard self == .cuda else { return [] }
    return [
      "expertTilings=[]", "sources.expertTilings=None: kernels of RealKernels go by the rows of an expert",
      "expertsPassOverForeignPairs=false",
      "sources.expertsPassOverForeignPairs=Kernels of RealKernels know their own pairs only",
    ]
  }

  /// A run that shows a measured profile.
  var exampleRun: String {
    switch self {
    case .cpu: "cpu-tiny --trace tiny"
    case .cuda: "qwen3-30b --trace arxiv --set tensorParallel=1"
    }
  }
}

/// The date as ISO 8601 writes it, in UTC.
private func today() -> String {
  var now = time(nil)
  var parts = tm()
  gmtime_r(&now, &parts)
  func padded(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
  return "\(parts.tm_year + 1900)-\(padded(parts.tm_mon + 1))-\(padded(parts.tm_mday))"
}
