import Base
import HardwareModels
import TestSupport
import Testing

@testable import RealKernels

@Suite(.enabled(if: !machines.isEmpty, "\(notBuilt)")) struct KernelSurveyTests {
  struct Broken: Error {}

  /// Sizes that an emulated GPU gets through in moments.
  static let effort = SurveyEffort(
    promptTokens: [1, 3], decodeTokens: [2], balancedTokens: [5], productRows: [1, 3], headRows: [2], squares: [16],
    decodeRequests: [2], contexts: [4, 9], prefillTokens: [3], pasts: [0, 5], mostKeys: 1 << 16, ceilingCount: 4096,
    ceilingSide: 32,
    limits: SurveyLimits(
      budget: Seconds(600.0), passes: 2...2, slice: .zero, mostRepeats: 1, pause: .zero, metering: Seconds(0.001)))

  static func model() -> Model {
    let transformer = Transformer(
      hidden: 32, vocabulary: 40, tiesEmbedding: false,
      attention: Transformer.Attention(heads: 2, kvHeads: 1, headDim: 32),
      experts: Transformer.Experts(count: 6, topK: 2, intermediate: 16), windowedLayers: [true, false], window: 4)
    return Model(
      name: "Small One", architecture: "SmallForCausalLM", transformer: transformer,
      routing: ExpertRouting(uniform: Transformer.Experts(count: 6, topK: 2, intermediate: 16)))
  }

  private func survey(_ kernels: Kernels) throws -> KernelSurvey {
    let plan = try SurveyPlan(
      of: [SurveySubject(Self.model(), tensorParallel: [2])], Self.effort,
      activation: kernels.capabilities.activationType, seed: 5)
    return try KernelSurvey(kernels, plan: plan, date: "2031-02-03", seed: 5)
  }

  /// The cells of a file of a survey, its header first.
  private func cells(_ name: String, _ results: SurveyResults) throws -> [[Substring]] {
    let text = try #require(results.files.first { $0.name == name }).text
    return text.split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false) }
  }

  @Test(arguments: machines) func everyPointIsCheckedAndMeasuredInEachPass(_ machine: Machine) throws {
    let kernels = try machine.open(threads: 2)
    var survey = try survey(kernels)
    try survey.run { _ in }
    let results = survey.results
    #expect(results.finishedPasses == 2 && results.leftOut.isEmpty)
    #expect(results.measurements.count == survey.plan.points.count)
    let areTimed = results.measurements.allSatisfy { $0.passes.count == 2 && ($0.spread?.median ?? 0) > 0 }
    #expect(areTimed)
    #expect(Set(results.proven) == Set(survey.plan.points.map(\.checkName)))
    #expect(try cells("moe.csv", results).count == 1 + 4)
    #expect(try cells("samples.csv", results).count == 1 + 2 * survey.plan.points.count)
    #expect(results.energies.isEmpty == !kernels.capabilities.readsEnergy)
    #expect((results.idlePower != nil) == kernels.capabilities.readsEnergy)
    #expect(results.drift?.passes == 2 && results.slowness.used == [0, 1])
    try requireRows(results, machine)
  }

  /// The tables say what was measured.
  private func requireRows(_ results: SurveyResults, _ machine: Machine) throws {
    let layers = try cells("moe.csv", results)
    let row = try #require(layers.first { $0[10] == "2" && $0[12] == "balanced" })
    #expect(row[1] == "LPSIM-\(machine.backend.rawValue.uppercased())")
    #expect(row[2].hasPrefix("ABI 1 ") && row[3] == "lpk_\(machine.backend.rawValue)_automatic")
    #expect(row[4...13] == ["bfloat16", "small-one", "32", "16", "6", "2", "2", "1", "balanced", "5"])
    #expect(row[15] == "6" && row[16] == "2")
    let times = try [14, 17, 18].map { try #require(Double(row[$0])) }
    #expect(times[1] <= times[0] && times[0] <= times[2])
    let decodes = try cells("attention_decode.csv", results)
    // Requests, one new token each, past; heads, KV heads, width and window of one of two GPUs.
    let last = try #require(decodes.last)
    #expect(last[6...12] == ["2", "1", "8", "1", "1", "32", "4"])
    let names = results.files.map(\.name)
    #expect(names.contains("ceilings.csv") && names.contains("machine.json"))
    #expect(names.contains("energy.csv") == (results.idlePower != nil))
  }

  @Test(arguments: machines) func aSurveyThatIsBrokenOffWritesWhatItHas(_ machine: Machine) throws {
    let kernels = try machine.open(threads: 1)
    let points = (1...8).map { GEMMPoint(rows: $0, columns: 16, inner: 8) }
    let plan = SurveyPlan(points: points, limits: Self.effort.limits)
    var survey = try KernelSurvey(kernels, plan: plan, date: "2031-02-03", seed: 5)
    let count = points.count
    let scratch = try Scratch()
    let folder = scratch.path("survey")
    #expect(throws: Broken.self) {
      // All first runs, and three of the first pass.
      try survey.run(into: folder) { if $0.done == count + 3 { throw Broken() } }
    }
    let samples = try readTextFile("\(folder)/samples.csv").split(separator: "\n")
    #expect(samples.count == 4)
    let about = try ConfigNode(contentsOf: "\(folder)/machine.json")
    #expect(try about.member("date")?.string() == "2031-02-03")
    #expect(try about.member("seed")?.number(in: 0...10) == 5)
    #expect(about.member("checkedAgainstReference") != nil && about.member("drift") == nil)
  }

  @Test(arguments: machines) func kernelsThatFailTheirCheckAreNotMeasuredAndOthersAre(_ machine: Machine) throws {
    let kernels = try machine.open(threads: 1)
    let failing = FakePoint(label: "fake", seconds: 1, failure: Broken())
    let plan = SurveyPlan(points: [failing, GEMMPoint(rows: 3, columns: 16, inner: 8)], limits: Self.effort.limits)
    var survey = try KernelSurvey(kernels, plan: plan, date: "2031-02-03", seed: 5)
    try survey.run { _ in }
    let results = survey.results
    #expect(results.failed == [.init(name: "fake", why: "Broken()")] && results.proven == ["gemm 16 x 8"])
    #expect(results.measurements.map(\.point.label) == survey.plan.points.map(\.label))
    #expect(results.machineJSON.contains(#""failedCheck": {"fake": "Broken()"}"#))
  }

  @Test(arguments: machines) func withoutCeilingsNothingIsMeasured(_ machine: Machine) throws {
    let kernels = try machine.open(threads: 1)
    let failing = FakePoint(label: "fake", seconds: 1, isCeiling: true, failure: Broken())
    var survey = try KernelSurvey(
      kernels, plan: SurveyPlan(points: [failing], limits: Self.effort.limits), date: "", seed: 5)
    #expect(throws: Broken.self) { try survey.run { _ in } }
  }

  @Test(arguments: machines) func aSurveyThatIsKilledHasWrittenItsPasses(_ machine: Machine) throws {
    let kernels = try machine.open(threads: 1)
    let points = (1...8).map { GEMMPoint(rows: $0, columns: 16, inner: 8) }
    let plan = SurveyPlan(points: points, limits: Self.effort.limits)
    var survey = try KernelSurvey(kernels, plan: plan, date: "2031-02-03", seed: 5)
    let scratch = try Scratch()
    let folder = scratch.path("survey")
    var seen: [Int] = []
    try survey.run(into: folder) { progress in
      // The second measurement of the second pass: a kill here finds the first one's.
      guard progress.done == 2 * points.count + 1 else { return }
      seen.append(try readTextFile("\(folder)/samples.csv").split(separator: "\n").count)
    }
    #expect(seen == [points.count + 1])
  }

  @Test(arguments: machines) func theSameSeedPlansTheSameRouting(_ machine: Machine) throws {
    let kernels = try machine.open(threads: 1)
    func active() throws -> [Int] { try survey(kernels).plan.points.compactMap { ($0 as? MoEPoint)?.activeExperts } }
    #expect(try active() == active())
  }

  @Test(.enabled(if: machines.contains { $0.backend == .cpu }, "\(notBuilt)"))
  func aSurveyThatDoesNotFitIntoMemoryIsRefused() throws {
    let machine = try #require(machines.first { $0.backend == .cpu })
    let kernels = try machine.open(threads: 1)
    let plan = SurveyPlan(points: [ReadCeiling(count: 1 << 45)], limits: Self.effort.limits)
    let found = message { _ = try KernelSurvey(kernels, plan: plan, date: "", seed: 1) }
    #expect(found.hasPrefix("cpu kernels: measuring needs 70368.744177664 GB of memory; "))
  }
}
