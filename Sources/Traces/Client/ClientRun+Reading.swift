import Base

extension ClientRun {
  /// The run in a file that `vllm bench serve --save-result --save-detailed` wrote, or `benchmark_serving.py` before it.
  ///
  /// The keys are those of vllm-project/vllm, `benchmarks/benchmark_serving.py` and its successor
  /// `vllm/benchmarks/serve.py`; the latter adds `start_times` and `latencies`. Without `start_times` the moments of
  /// sending are drawn as the former does: it sends the first request and then waits for a gap before each other one.
  /// Versions between the two stretched these gaps by a per cent or two, to meet the rate exactly; no file tells.
  public init(contentsOf file: String) throws {
    let bytes = Array(try readTextFile(file).utf8)
    do {
      try self.init(reading: JSONMembers(parsing: bytes))
    } catch let problem as RowProblem {
      throw InputError(.data, file: file, place: problem.column, problem.problem, hint: problem.hint)
    }
  }

  private init(reading file: JSONMembers) throws {
    let columns = try Columns(reading: file)
    let (sent, sending) = try Self.sent(columns.count, file)
    var (answered, failed): ([ClientRequest], [FailedRequest]) = ([], [])
    for index in 0..<columns.count {
      switch try columns.answer(index, sent: sent[index], file) {
      case .answered(let request): answered.append(request)
      case .failed(let request): failed.append(request)
      }
    }
    guard !answered.isEmpty else {
      throw RowProblem("no request was answered, all \(failed.count) failed, so there is nothing to compare")
    }
    guard let duration = try file.number("duration"), duration > 0 else {
      throw RowProblem(column: "duration", "is missing or not above 0 seconds")
    }
    answered.sort { $0.sent < $1.sent }
    self.init(answered: answered, failed: failed, duration: Seconds(duration), sending: sending)
  }

  /// When each request was sent.
  private static func sent(_ count: Int, _ file: JSONMembers) throws -> ([SimTime], Sending) {
    if let places = try file.list("start_times", count: count) {
      let moments = try places.map { try file.number($0, of: "start_times") }
      guard let first = moments.min() else { return ([], .recorded) }
      return (try moments.map { try moment($0 - first, "start_times") }, .recorded)
    }
    try refuseWhatCannotBeDrawn(file)
    guard let place = file.place(of: "request_rate") else { throw RowProblem("the key \"request_rate\" is missing") }
    if file.text(place) == "\"inf\"" { return ([SimTime](repeating: .zero, count: count), .atOnce) }
    let rate = try file.number(place, of: "request_rate")
    guard rate > 0 else { throw RowProblem(column: "request_rate", "\(rate) is out of range; expected above 0") }
    var clock = ArrivalClock(BenchmarkClientArrivals(clientSeed: 0), rate: RequestsPerSecond(rate), seed: 0)
    return (try (0..<count).map { _ in try clock.next() }, .redrawn)
  }

  private static func refuseWhatCannotBeDrawn(_ file: JSONMembers) throws {
    let newer = "measure with a newer vllm bench serve, which saves when it sent each request (start_times)"
    if file.place(of: "max_concurrency") != nil {
      throw RowProblem(
        column: "max_concurrency", "the client held requests back and did not save when it sent them", hint: newer)
    }
    if let burstiness = try file.number("burstiness"), burstiness != 1 {
      throw RowProblem(
        column: "burstiness", "gaps of burstiness \(burstiness) cannot be drawn again, only those of 1", hint: newer)
    }
  }

  private static func moment(_ seconds: Double, _ key: String) throws(RowProblem) -> SimTime {
    guard seconds <= SimDuration.longest.seconds else {
      throw RowProblem(column: key, "\(seconds) s is beyond the clock's end")
    }
    return .seconds(seconds)
  }
}

/// The lists of a client's file, an item for each request.
private struct Columns {
  enum Answer {
    case answered(ClientRequest)
    case failed(FailedRequest)
  }

  private let prompts: [Range<Int>]
  private let outputs: [Range<Int>]
  private let firstTokens: [Range<Int>]
  private let gaps: [Range<Int>]
  private let latencies: [Range<Int>]?
  private let errors: [Range<Int>]?

  var count: Int { prompts.count }

  init(reading file: JSONMembers) throws(RowProblem) {
    func required(_ key: String, count: Int? = nil) throws(RowProblem) -> [Range<Int>] {
      guard let list = try file.list(key, count: count) else {
        throw RowProblem(
          "the list \"\(key)\" is missing", hint: "measure with vllm bench serve --save-result --save-detailed")
      }
      return list
    }
    prompts = try required("input_lens")
    outputs = try required("output_lens", count: prompts.count)
    firstTokens = try required("ttfts", count: prompts.count)
    gaps = try required("itls", count: prompts.count)
    latencies = try file.list("latencies", count: prompts.count)
    errors = try file.list("errors", count: prompts.count)
  }

  /// What became of a request: one that failed has an error or no tokens.
  func answer(_ index: Int, sent: SimTime, _ file: JSONMembers) throws(RowProblem) -> Answer {
    let promptTokens = try file.tokens(prompts[index], from: 1, of: "input_lens[\(index)]")
    let outputTokens = try file.tokens(outputs[index], from: 0, of: "output_lens[\(index)]")
    let error = errors.map { file.text($0[index]) } ?? ""
    guard outputTokens > 0, ["", "\"\"", "null"].contains(error) else {
      return .failed(FailedRequest(sent: sent, promptTokens: promptTokens, reason: error))
    }
    let first = try file.seconds(firstTokens[index], of: "ttfts[\(index)]")
    let key = "itls[\(index)]"
    var seconds: [Double] = []
    for gap in try file.items(gaps[index], of: key) { seconds.append(try file.seconds(gap, of: key)) }
    var last = first + seconds.reduce(0, +)
    if let latencies { last = try file.seconds(latencies[index], of: "latencies[\(index)]") }
    return .answered(
      ClientRequest(
        sent: sent, promptTokens: promptTokens, outputTokens: outputTokens, timeToFirstToken: Seconds(first),
        gaps: seconds.map { Seconds($0) }, endToEnd: Seconds(last)))
  }
}

extension JSONMembers {
  /// Where the items of a list stand that may be absent; one of another length than the other lists is an error.
  fileprivate func list(_ key: String, count: Int?) throws(RowProblem) -> [Range<Int>]? {
    guard let place = place(of: key) else { return nil }
    let items = try items(place, of: key)
    guard items.count == count ?? items.count else {
      throw RowProblem(column: key, "has \(items.count) items where input_lens has \(count ?? 0)")
    }
    return items
  }
}
