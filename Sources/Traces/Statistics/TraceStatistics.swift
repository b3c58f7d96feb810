import Base

/// What a trace looks like in numbers.
public struct TraceStatistics: Sendable {
  /// One number of a trace.
  public struct Entry: Hashable, Sendable {
    /// Its name, as a table and a JSON key have it.
    public let name: String
    /// The number; nil where the trace has none, as the rate of requests that arrive all at once.
    public let value: Double?
    /// Its unit: `requests`, `rows`, `tokens`, `s`, `requests/s`, `%`, or `1` for a plain number.
    public let unit: String
  }

  /// The numbers, in the order they are shown.
  public let entries: [Entry]

  /// Reads a source to its end.
  /// - Parameter skippedRows: rows of the trace that the source does not give because their requests failed.
  public init(of source: consuming some RequestSource, skippedRows: Int) throws {
    var observed = Observed()
    while let request = try source.next() { observed.add(request) }
    entries = observed.entries(skippedRows: skippedRows)
  }

  /// The number of a name; nil where there is none.
  public subscript(name: String) -> Double? { entries.first { $0.name == name }?.value }
}

extension Workload {
  /// What the workload's requests look like in numbers.
  public func statistics() throws -> TraceStatistics { try TraceStatistics(of: open(), skippedRows: skippedRows) }
}

extension TraceFile {
  /// What the file looks like in numbers, all of it and as it was recorded.
  public func statistics() throws -> TraceStatistics {
    let survey = try survey(requestCount: nil)
    return try TraceStatistics(of: open(), skippedRows: survey.skippedRows)
  }
}

/// What was seen of a trace so far.
private struct Observed {
  private var prompt = LengthCounter()
  private var output = LengthCounter()
  private var total = LengthCounter()
  private var correlation = RunningCorrelation()
  private var gaps = RunningMoments()
  private var reuse = PrefixReuse()
  private var first: SimTime?
  private var last = SimTime.zero

  mutating func add(_ request: TraceRequest) {
    prompt.add(request.promptTokens)
    output.add(request.outputTokens)
    total.add(request.promptTokens + request.outputTokens)
    correlation.add(Double(request.promptTokens), Double(request.outputTokens))
    reuse.add(request)
    if first == nil { first = request.arrival } else { gaps.add((request.arrival - last).seconds) }
    last = request.arrival
  }

  func entries(skippedRows: Int) -> [TraceStatistics.Entry] {
    func entry(_ name: String, _ value: Double?, _ unit: String) -> TraceStatistics.Entry {
      TraceStatistics.Entry(name: name, value: value, unit: unit)
    }
    let variation = gaps.coefficientOfVariation
    return [
      entry("requests", Double(prompt.count), "requests"),
      entry("skipped_rows", Double(skippedRows), "rows"),
    ] + lengths("prompt_tokens", prompt) + lengths("output_tokens", output) + lengths("total_tokens", total) + [
      entry("prompt_output_correlation", correlation.value, "1"),
      entry("duration_s", first.map { (last - $0).seconds }, "s"),
      entry("mean_rate_rps", gaps.mean > 0 ? 1 / gaps.mean : nil, "requests/s"),
      entry("gap_variation", variation, "1"),
      entry("burstiness", variation.flatMap { $0 > 0 ? 1 / ($0 * $0) : nil }, "1"),
      entry("best_prefix_hit_pct", reuse.percentage, "%"),
    ]
  }

  private func lengths(_ name: String, _ counter: LengthCounter) -> [TraceStatistics.Entry] {
    let places = counter.percentiles([0, 50, 90, 99, 100])
    let values = [counter.mean] + (places.map { $0.map(Optional.some) } ?? [nil, nil, nil, nil, nil])
    return zip(["mean", "min", "p50", "p90", "p99", "max"], values).map { label, value in
      TraceStatistics.Entry(name: "\(name)_\(label)", value: value, unit: "tokens")
    }
  }
}
