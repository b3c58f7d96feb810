import ArgumentParser
import Base
import Pictures
import Results
import Sensitivity

/// `lpsim sensitivity`.
struct SensitivityCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sensitivity",
    abstract: "Says which assumption moves the answer: layered against chunked prefill, under other assumptions.",
    discussion: """
      Each uncertain parameter goes to both ends of its range, by itself; then all of them vary together; at last some \
      walk between wide limits until layered prefill stops winning. Every figure is a change of the second policy that \
      the deployment compares against the first, the mean over several seeds, which are the same everywhere. Ranges and \
      limits, each with its reason, stand in configs/sensitivity/default.json; --parameters names another such file.

      EXAMPLES
        lpsim sensitivity qwen3-30b --picture tornado.svg --out points.csv
        lpsim sensitivity qwen3-30b --trace sharegpt --rate 4.4 --seeds 5
        lpsim sensitivity qwen3-30b --only gpu.power.busyWatts --json
        lpsim sensitivity qwen3-30b --set engine=vllm-0.24-h100 --rate 3
      """)

  @OptionGroup var deployment: DeploymentOptions

  @Option(
    help: ArgumentHelp("The requests: a recipe (see: lpsim list traces) or a file.", valueName: "name or file"),
    completion: .file())
  var trace = "arxiv"

  @OptionGroup var requests: RequestOptions

  @Option(parsing: .unconditional, help: ArgumentHelp("How many seeds, from --seed on.", valueName: "count"))
  var seeds = 3

  @Option(parsing: .unconditional, help: ArgumentHelp("How many points of all ranges together.", valueName: "count"))
  var samples = 64

  @Option(
    help: ArgumentHelp("The ranges: a file, or its name in configs/sensitivity.", valueName: "name or file"),
    completion: .file(extensions: ["json"]))
  var parameters = "default"

  @Option(help: ArgumentHelp("Only these parameters.", valueName: "key,key"))
  var only: String?

  @Option(
    help: ArgumentHelp("Write every point of the first two studies here.", valueName: "file.csv"),
    completion: .file(extensions: ["csv"]))
  var out: String?

  @Option(
    help: ArgumentHelp("Draw what each parameter does by itself.", valueName: "file.svg"),
    completion: .file(extensions: ["svg"]))
  var picture: String?

  @Flag(help: "Print one JSON object instead of the tables.")
  var json = false

  @Option(parsing: .unconditional, help: ArgumentHelp("Threads that work (default: all cores).", valueName: "count"))
  var workers: Int?

  func run() throws {
    for (option, value, least) in [("--seeds", seeds, 1), ("--samples", samples, 2), ("--workers", workers ?? 1, 1)]
    where value < least {
      throw InputError(.usage, file: option, "\(value) is out of range; expected \(least) or more")
    }
    let library = ConfigLibrary.standard()
    let scenario = try scenario(in: library)
    var file = try ParameterFile(reading: library.load(parameters, .sensitivity), for: scenario.tree)
    if let only { try file.keep(only: only.split(separator: ",").map(String.init), option: "--only") }
    Interrupt.listen()
    let progress = StagedProgress(of: "comparisons")
    defer { progress.clear() }
    do {
      try look(into: scenario, file, progress)
    } catch is Interrupted {
      throw Interrupted(remains: progress.remains)
    }
  }

  private func scenario(in library: ConfigLibrary) throws -> Scenario {
    let (tree, trace) = try deployment.resolve(in: library, serving: trace, seed: requests.seed())
    return try Scenario(
      tree, serving: trace, rate: requests.rate(), requestCount: requests.requestCount(), seedCount: seeds,
      programVersion: Program.version)
  }

  /// The studies, one after the other; each prints its tables as soon as it has them.
  private func look(into scenario: Scenario, _ file: ParameterFile, _ progress: StagedProgress) throws {
    let evaluator = Evaluator(
      scenario,
      by: Crew(workers: workers ?? onlineCores, check: { try Interrupt.check() }, onProgress: progress.show))
    func say(_ text: @autoclosure () throws -> String) throws {
      progress.clear()
      if !json { try Terminal.print(try text() + "\n") }
    }
    try say(heading(scenario, file))
    let oneAtATime = try OneAtATime(file.parameters, by: evaluator)
    try say("One at a time\n\n" + oneAtATime.text)
    let sampled = try Sampled(file.parameters, samples: samples, by: evaluator)
    try say("All together, \(samples) samples\n\n" + sampled.text)
    let breakEven = try BreakEven(file.breakEven, by: evaluator)
    try say("Where \(scenario.rival) stops winning\n\n" + breakEven.text(in: scenario.tree))
    let findings = Findings(scenario, oneAtATime, sampled, breakEven)
    if json { try Terminal.print(findings.json().prettyJSON() + "\n") }
    try write(out) { try findings.csv() }
    try write(picture) { oneAtATime.picture(of: scenario) }
  }

  private func heading(_ scenario: Scenario, _ file: ParameterFile) -> String {
    let rate = scenario.rate.map { " at \(exact($0.value)) requests a second" } ?? ""
    let heading =
      "\(scenario.rival) against \(scenario.baseline), \(scenario.trace.name)\(rate), \(scenario.requestCount) requests, "
      + "\(seeds) seed\(seeds == 1 ? "" : "s")\n"
    return file.absent.isEmpty
      ? heading : heading + wrapped("Not in this deployment: \(file.absent.joined(separator: ", ")).") + "\n"
  }

  private func write(_ path: String?, _ text: () throws -> String) throws {
    guard let path else { return }
    let text = try text()
    try OutputFile.write(text, to: path)
  }
}

extension OneAtATime {
  private static let bars = 12

  /// A tornado of each headline: the parameters with the largest swing.
  fileprivate func picture(of scenario: Scenario) -> String {
    let tornados = headlines.indices.compactMap { headline -> Tornado? in
      guard let base = base[headline] else { return nil }
      let bars = ranked(by: headline).prefix(Self.bars).compactMap { effect, _ -> Tornado.Bar? in
        guard let low = effect.low[headline], let high = effect.high[headline] else { return nil }
        let key = effect.parameter.key.description
        let short = key.firstIndex(of: ".").map { String(key[key.index(after: $0)...]) } ?? key
        return Tornado.Bar(short, ends: (effect.values.low, effect.values.high), values: (low, high))
      }
      return Tornado(
        "\(headlines[headline].title): \(scenario.rival) against \(scenario.baseline)", around: base, bars,
        axis: "change in %")
    }
    return Plot.svg(tornados)
  }
}
