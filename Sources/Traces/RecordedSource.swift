import Base

/// The requests of a trace file as they were recorded, the first at 0. Every line is checked as it is read.
public struct RecordedSource: RequestSource, Sendable {
  /// Rows so far that hold failed requests, which are not simulated.
  public private(set) var skippedRows = 0

  private let path: String
  private var format: any TraceFormat
  private var lines: LineReader
  private var isAtHeader: Bool
  private var requestCount = 0
  private var firstArrival: Int64?
  private var last: (arrival: Int64, line: Int)?

  init(_ file: TraceFile, lines: LineReader) {
    path = file.path
    format = file.format
    isAtHeader = type(of: file.format).hasHeader
    self.lines = lines
  }

  /// The next request; nil at the file's end.
  public mutating func next() throws -> TraceRequest? {
    if isAtHeader {
      _ = try lines.next()
      isAtHeader = false
    }
    while let line = try lines.next() {
      let row = try Self.row(line, of: lines, by: &format, path: path)
      if let arrival = row.arrival { try checkOrder(arrival) }
      guard case .request(let arrival, let promptTokens, let outputTokens, let session, let prefixIDs) = row else {
        skippedRows += 1
        continue
      }
      requestCount += 1
      return TraceRequest(
        arrival: try sinceFirst(arrival), promptTokens: promptTokens, outputTokens: outputTokens,
        session: session, prefixIDs: prefixIDs)
    }
    guard requestCount > 0 else { throw InputError(.data, file: path, "no requests in it, \(whatThereIs)") }
    return nil
  }

  private static func row(
    _ line: Range<Int>, of lines: borrowing LineReader, by format: inout any TraceFormat, path: String
  ) throws -> TraceRow {
    do {
      return try format.row(lines.buffer.span.extracting(line))
    } catch {
      throw error.error(file: path, line: lines.lineNumber)
    }
  }

  private mutating func checkOrder(_ arrival: Int64) throws {
    if let last, arrival < last.arrival {
      throw InputError(
        .data, file: path, place: "line \(lines.lineNumber)", "arrives before the request on line \(last.line)",
        hint: "a trace is in the order of arrival")
    }
    last = (arrival, lines.lineNumber)
  }

  private mutating func sinceFirst(_ arrival: Int64?) throws -> SimTime {
    guard let arrival else { return .zero }
    let first = firstArrival ?? arrival
    firstArrival = first
    let (length, overflow) = arrival.subtractingReportingOverflow(first)
    guard !overflow, length <= SimDuration.longest.nanoseconds else {
      throw InputError(
        .data, file: path, place: "line \(lines.lineNumber)",
        "arrives more than 146 years after the first request, beyond the clock's end")
    }
    return SimTime(nanoseconds: length)
  }

  private var whatThereIs: String {
    if skippedRows > 0 { return "only \(skippedRows) that failed" }
    return "only a header"
  }
}
