import Base

/// A file of recorded requests, its format recognised by what stands in its first line, whatever the file is called.
public struct TraceFile: Sendable {
  /// Where it stands, as the user wrote it.
  public let path: String
  /// How its lines are read.
  public let format: any TraceFormat
  private let file: OpenFile

  /// Opens the file at a path and recognises its format.
  public init(path: String) throws {
    file = try OpenFile(path)
    self.path = path
    var lines = LineReader(file)
    guard let first = try lines.next() else {
      throw InputError(.data, file: path, "the file is empty; expected a trace")
    }
    do {
      format = try traceFormat(recognising: lines.buffer.span.extracting(first))
    } catch {
      throw error.error(file: path, line: lines.lineNumber)
    }
  }

  /// Its requests from the first, as they were recorded; a file without arrivals has them all at 0.
  public func open() -> RecordedSource { RecordedSource(self, lines: LineReader(file)) }

  /// Reads all of it, or its first requests, and says what a simulation must know beforehand.
  func survey(requestCount: Int?) throws -> TraceSurvey {
    var source = open()
    var survey = TraceSurvey()
    while survey.requestCount < requestCount ?? .max, let request = try source.next() {
      survey.requestCount += 1
      survey.lastArrival = request.arrival
    }
    survey.skippedRows = source.skippedRows
    return survey
  }
}

/// What is known of a trace file after it was read once.
struct TraceSurvey: Hashable, Sendable {
  /// Requests in it, or in the part that is used.
  var requestCount = 0
  /// When the last of them arrives; the first does at 0.
  var lastArrival = SimTime.zero
  /// Rows between them that hold failed requests.
  var skippedRows = 0
}
