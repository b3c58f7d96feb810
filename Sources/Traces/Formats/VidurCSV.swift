/// The CSV of the Vidur and Sarathi-Serve simulators: `num_prefill_tokens` and `num_decode_tokens`, and in some files
/// `arrived_at` in seconds.
public struct VidurCSV: TraceFormat {
  /// `vidur`.
  public static let name = "vidur"
  /// What `lpsim list` says of it.
  public static let summary = "CSV of Vidur and Sarathi-Serve, arrivals in s or none"
  /// Its columns.
  public static let words = ["arrived_at", "num_prefill_tokens", "num_decode_tokens"]
  /// Its first line names the columns.
  public static let hasHeader = true

  private var columns: RequestColumns

  /// A reader for the file that begins with this line.
  public init?(recognising firstLine: String) throws(RowProblem) {
    let names = RequestColumns.Names(
      arrival: "arrived_at", prompt: "num_prefill_tokens", output: "num_decode_tokens", arrivalMayLack: true)
    guard let columns = try RequestColumns(header: firstLine, names: names) else { return nil }
    self.columns = columns
  }

  /// Some files of it have arrivals.
  public var hasArrivals: Bool { columns.arrival != nil }

  /// What a line says.
  public mutating func row(_ line: Span<UInt8>) throws(RowProblem) -> TraceRow {
    try columns.split(line)
    return .request(
      arrival: try columns.scaledArrival(line, timesTenTo: 9), promptTokens: try columns.promptTokens(line),
      outputTokens: try columns.outputTokens(line))
  }
}
