/// The CSV of the Azure LLM inference traces: `TIMESTAMP`, a date and time, `ContextTokens` and `GeneratedTokens`.
public struct AzureCSV: TraceFormat {
  /// `azure`.
  public static let name = "azure"
  /// What `lpsim list` says of it.
  public static let summary = "CSV of the Azure LLM inference traces, arrivals as date and time"
  /// Its columns.
  public static let words = ["TIMESTAMP", "ContextTokens", "GeneratedTokens"]
  /// Its first line names the columns.
  public static let hasHeader = true

  private var columns: RequestColumns

  /// A reader for the file that begins with this line.
  public init?(recognising firstLine: String) throws(RowProblem) {
    let names = RequestColumns.Names(arrival: "TIMESTAMP", prompt: "ContextTokens", output: "GeneratedTokens")
    guard let columns = try RequestColumns(header: firstLine, names: names) else { return nil }
    self.columns = columns
  }

  /// Every file of it has arrivals.
  public var hasArrivals: Bool { columns.arrival != nil }

  /// What a line says.
  public mutating func row(_ line: Span<UInt8>) throws(RowProblem) -> TraceRow {
    try columns.split(line)
    return .request(
      arrival: try columns.calendarArrival(line), promptTokens: try columns.promptTokens(line),
      outputTokens: try columns.outputTokens(line))
  }
}
