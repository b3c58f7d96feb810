import ArgumentParser
import Base
import Results
import Sim
import Sizing
import Synchronization

/// `lpsim capacity`.
struct CapacityCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "capacity",
    abstract: "Says how many requests a second each policy carries, with which settings, energy and cost.",
    discussion: """
      Looks for the highest rate at which enough requests meet their limits (--slo-attainment), policy by policy and \
      seed by seed; the same seed means the same requests everywhere, and one that is turned away meets no limit. \
      --optimize searches the policies' settings, too: chunk (policies.chunked.tokenBudget) and groups \
      (policies.layered.maxGroups). --metric measures a metric at a fixed rate instead, and --optimize then makes that \
      one best.

      EXAMPLES
        lpsim capacity qwen3-30b --trace arxiv
        lpsim capacity qwen3-30b --trace arxiv --optimize chunk,groups
        lpsim capacity qwen3-30b --trace arxiv --price-per-gpu-hour 2.5
        lpsim capacity qwen3-30b --trace sharegpt --slo-attainment 99
        lpsim capacity qwen3-30b --trace arxiv --metric goodput --rate 2 --json
      """)

  @OptionGroup var deployment: DeploymentOptions
  @OptionGroup var workload: WorkloadOptions

  @Option(
    help: ArgumentHelp("Only this policy (see: lpsim list policies).", valueName: "name"),
    completion: .list(Sim.comparables.map(\.name)))
  var policy: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How many requests of a hundred must meet their limits.", valueName: "percent"))
  var sloAttainment = 90.0

  @Option(parsing: .unconditional, help: ArgumentHelp("How many seeds, from --seed on.", valueName: "count"))
  var seeds = 5

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How long requests come, unless --requests says how many.", valueName: "seconds"))
  var seconds = 600.0

  @Option(help: ArgumentHelp("Search these settings: chunk, groups.", valueName: "name,name"))
  var optimize: String?

  @Option(help: ArgumentHelp("Measure this at --rate (see: lpsim list metrics).", valueName: "name"))
  var metric: String?

  @Option(
    parsing: .unconditional, help: ArgumentHelp("What a GPU costs an hour, in any currency.", valueName: "price"))
  var pricePerGpuHour: Double?

  @Option(parsing: .unconditional, help: ArgumentHelp("Threads that work (default: all cores).", valueName: "count"))
  var workers: Int?

  @Flag(help: "Print one JSON object instead of the tables.")
  var json = false

  func run() throws {
    let question = try question()
    Interrupt.listen()
    if !json { try Terminal.print(heading(of: question)) }
    let progress = StagedProgress(of: "searches")
    let known = Known(question.policies, of: seeds)
    let crew = Crew(workers: workers ?? onlineCores, check: { try Interrupt.check() }, onProgress: progress.show)
    do {
      let report = Report(of: try Study(question, by: crew, onOutcome: known.note), pricePerGPUHour: pricePerGpuHour)
      progress.clear()
      try Terminal.print(
        json ? report.json.prettyJSON() + "\n" : report.text + "\n" + wrapped(report.meaning) + "\n")
    } catch is Interrupted {
      progress.clear()
      throw Interrupted(remains: "\(progress.remains); \(known.text)")
    }
  }

  private func heading(of question: Question) -> String {
    let amount =
      question.requestCount.map { "\($0) requests" }
      ?? (question.trace.recipe == nil ? "all requests" : "\(exact(seconds)) seconds")
    return "\(question.deployment.name), \(question.trace.name), \(amount), \(seeds) seed\(seeds == 1 ? "" : "s")\n\n"
  }

  private func question() throws -> Question {
    try checkNumbers()
    let settings = try optimize.map { try Setting.named($0, option: "--optimize") } ?? []
    let library = ConfigLibrary.standard()
    let (tree, trace) = try deployment.resolve(
      in: library, serving: workload.trace, seed: workload.requests.seed())
    return try Question(
      tree, serving: trace, objective: objective(searching: !settings.isEmpty), policy: knownPolicy(policy),
      searching: settings,
      requestCount: workload.requests.requestCount(), seconds: seconds, seedCount: seeds,
      programVersion: Program.version)
  }

  private func objective(searching: Bool) throws -> Objective {
    let rate = try workload.requests.rate()
    guard let metric else {
      guard rate == nil else {
        throw InputError(.usage, file: "--rate", "the rate is what is looked for", hint: "it goes with --metric")
      }
      return .capacity(attainment: sloAttainment)
    }
    let found = try Metric.named(metric, option: "--metric")
    guard !searching || found.preference != .neither else {
      throw InputError(.usage, file: "--metric", "neither more nor less \(found.name) is better, so nothing is best")
    }
    guard let rate else {
      throw InputError(.usage, file: "--metric", "a metric is measured at a rate", hint: "add --rate")
    }
    return .metric(found, at: rate)
  }

  private func checkNumbers() throws {
    for (option, value) in [("--seeds", seeds), ("--workers", workers ?? 1)] where value < 1 {
      throw InputError(.usage, file: option, "\(value) is out of range; expected 1 or more")
    }
    for (option, value, most) in [
      ("--slo-attainment", sloAttainment, 100.0), ("--seconds", seconds, 1e9),
      ("--price-per-gpu-hour", pricePerGpuHour ?? 1, 1e9),
    ] where !(value > 0 && value <= most) {
      throw InputError(.usage, file: option, "\(value) is out of range; expected above 0, at most \(exact(most))")
    }
  }
}

/// What the seeds gave so far for the policies with the deployment's settings. A class, because closures share it.
private final class Known: Sendable {
  private let policies: [String]
  private let seeds: Int
  private let values = Mutex<[(policy: String, value: Double?)]>([])

  init(_ policies: [String], of seeds: Int) {
    self.policies = policies
    self.seeds = seeds
  }

  func note(_ contender: Contender, _ outcome: Outcome) {
    values.withLock { $0.append((contender.policy, outcome.value)) }
  }

  /// The means so far.
  var text: String {
    let facts = policies.map { policy in
      let values = values.withLock { values in values.filter { $0.policy == policy }.compactMap(\.value) }
      if values.isEmpty { return "nothing of \(policy)" }
      return "\(policy) \(readable(Estimate(of: values).mean)) (\(values.count) of \(seeds) seeds)"
    }
    return "known so far: " + facts.joined(separator: ", ")
  }
}
