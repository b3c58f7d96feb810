/// The CSV of BurstGPT: `Timestamp` in seconds, `Request tokens`, `Response tokens`, in newer files `Session ID`, which
/// only conversations have, and columns we do not need. A request with 0 response tokens failed: it is counted and not
/// simulated.
public struct BurstGPTCSV: TraceFormat {
  /// `burstgpt`.
  public static let name = "burstgpt"
  /// What `lpsim list` says of it.
  public static let summary = "CSV of BurstGPT, arrivals in s; failed requests are skipped and counted"
  /// Its columns.
  public static let words = ["Timestamp", "Request tokens", "Response tokens"]
  /// Its first line names the columns.
  public static let hasHeader = true

  private var columns: RequestColumns

  /// A reader for the file that begins with this line.
  public init?(recognising firstLine: String) throws(RowProblem) {
    let names = RequestColumns.Names(
      arrival: "Timestamp", prompt: "Request tokens", output: "Response tokens", session: "Session ID")
    guard let columns = try RequestColumns(header: firstLine, names: names) else { return nil }
    self.columns = columns
  }

  /// Every file of it has arrivals.
  public var hasArrivals: Bool { columns.arrival != nil }

  /// What a line says.
  public mutating func row(_ line: Span<UInt8>) throws(RowProblem) -> TraceRow {
    try columns.split(line)
    let arrival = try columns.scaledArrival(line, timesTenTo: 9)
    let outputTokens = try columns.outputTokens(line, from: 0)
    let promptTokens = try columns.promptTokens(line, from: outputTokens == 0 ? 0 : 1)
    guard outputTokens > 0 else { return .failed(arrival: arrival) }
    return .request(
      arrival: arrival, promptTokens: promptTokens, outputTokens: outputTokens, session: columns.session(line))
  }
}
