/// Our own CSV, to the nanosecond: `arrival_ms,prompt_tokens,output_tokens`.
public struct LpsimCSV: TraceFormat {
  /// `lpsim`.
  public static let name = "lpsim"
  /// What `lpsim list` says of it.
  public static let summary = "lpsim's own CSV, arrivals in ms"
  /// Its columns.
  public static let words = ["arrival_ms", "prompt_tokens", "output_tokens"]
  /// Its first line names the columns.
  public static let hasHeader = true

  private var columns: RequestColumns

  /// A reader for the file that begins with this line.
  public init?(recognising firstLine: String) throws(RowProblem) {
    let names = RequestColumns.Names(arrival: "arrival_ms", prompt: "prompt_tokens", output: "output_tokens")
    guard let columns = try RequestColumns(header: firstLine, names: names) else { return nil }
    self.columns = columns
  }

  /// Every file of it has arrivals.
  public var hasArrivals: Bool { columns.arrival != nil }

  /// What a line says.
  public mutating func row(_ line: Span<UInt8>) throws(RowProblem) -> TraceRow {
    try columns.split(line)
    return .request(
      arrival: try columns.scaledArrival(line, timesTenTo: 6), promptTokens: try columns.promptTokens(line),
      outputTokens: try columns.outputTokens(line))
  }
}
