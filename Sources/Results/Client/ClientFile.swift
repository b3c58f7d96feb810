import Base
import Sim
import Traces

/// A simulated run as `vllm bench serve --save-result --save-detailed` writes a measured one, for scripts that read such
/// files. The keys are those of vllm-project/vllm, `vllm/benchmarks/serve.py` (`main_async` and `benchmark`); the client
/// has the percentiles only that it was told to.
public struct ClientFile: Sendable {
  private let experiment: Experiment
  private let policy: String

  /// The file of a run of a policy.
  public init(of experiment: Experiment, under policy: String) {
    self.experiment = experiment
    self.policy = policy
  }

  /// The file on one line, as the client writes it. What lpsim does not have is null, or empty in lists; a request that
  /// was turned away is one that failed.
  /// - Parameters:
  ///   - goodput: requests a second within lpsim's own limits; nil where none was completed.
  ///   - date: when it was written, as `20261121-130800`.
  public func json(_ run: ClientRun, goodput: Double?, date: String) -> String {
    let model = jsonString(experiment.deployment.model.name)
    let outputs = run.answered.reduce(0) { $0 + $1.outputTokens }
    let described = [
      ("date", jsonString(date)), ("endpoint_type", "\"lpsim\""), ("backend", "\"lpsim\""),
      ("label", jsonString(policy)), ("model_id", model), ("tokenizer_id", "null"),
      ("num_prompts", "\(run.answered.count + run.failed.count)"),
      ("request_rate", experiment.rate.map { exact($0.value) } ?? "\"inf\""), ("burstiness", burstiness),
      ("max_concurrency", "null"), ("completed", "\(run.answered.count)"), ("failed", "\(run.failed.count)"),
      ("total_input_tokens", "\(run.answered.reduce(0) { $0 + $1.promptTokens })"),
      ("total_output_tokens", "\(outputs)"), ("request_goodput", goodput.map(exact) ?? "null"),
    ]
    let figures = run.figures.map { ($0.key, $0.value.map(exact) ?? "null") }
    let peaks = [
      ("max_output_tokens_per_s", "\(run.mostTokensInASecond)"), ("max_concurrent_requests", "\(run.mostAtOnce)"),
    ]
    let fields = described + Self.lists(run) + peaks + figures
    return "{" + fields.map { "\(jsonString($0)): \($1)" }.joined(separator: ", ") + "}\n"
  }

  /// The shape of the gaps' distribution; null where they have none, as those of a recorded trace.
  private var burstiness: String {
    guard experiment.rate != nil, case .recipe = experiment.workload.trace else { return "null" }
    switch experiment.deployment.arrivals {
    case let gamma as GammaArrivals: return exact(gamma.burstiness)
    case is PoissonArrivals, is BenchmarkClientArrivals: return "1.0"
    default: return "null"
    }
  }

  /// A list a key, an item a request in the order of sending.
  private static func lists(_ run: ClientRun) -> [(String, String)] {
    let rows = (run.answered.map(Row.init) + run.failed.map(Row.init)).sorted { $0.sent < $1.sent }
    func list(_ item: (Row) -> String) -> String { "[" + rows.map(item).joined(separator: ", ") + "]" }
    func numbers(_ seconds: [Seconds]) -> String { "[" + seconds.map { exact($0.value) }.joined(separator: ", ") + "]" }
    return [
      ("input_lens", list { "\($0.promptTokens)" }), ("output_lens", list { "\($0.outputTokens)" }),
      ("ttfts", list { exact($0.timeToFirstToken.value) }), ("itls", list { numbers($0.gaps) }),
      ("latencies", list { exact($0.endToEnd.value) }), ("start_times", list { exact(seconds($0.sent - .zero).value) }),
      ("generated_texts", list { _ in "\"\"" }), ("errors", list { jsonString($0.error) }),
    ]
  }
}

/// An item of each list.
private struct Row {
  var sent: SimTime
  var promptTokens: Int
  var outputTokens = 0
  var timeToFirstToken = Seconds.zero
  var gaps: [Seconds] = []
  var endToEnd = Seconds.zero
  var error = ""

  init(_ request: ClientRequest) {
    sent = request.sent
    promptTokens = request.promptTokens
    outputTokens = request.outputTokens
    timeToFirstToken = request.timeToFirstToken
    gaps = request.gaps
    endToEnd = request.endToEnd
  }

  init(_ request: FailedRequest) {
    sent = request.sent
    promptTokens = request.promptTokens
    error = request.reason
  }
}
