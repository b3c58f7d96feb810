import Base

/// A way to write a trace to a file, one request a line, and how to read it.
public protocol TraceFormat: Sendable {
  /// Its name in lists and conversions.
  static var name: String { get }
  /// What it is, in half a sentence.
  static var summary: String { get }
  /// The columns or keys it is known by.
  static var words: [String] { get }
  /// Whether its first line holds no request.
  static var hasHeader: Bool { get }

  /// A reader for the file that begins with this line; nil if that is another format's.
  init?(recognising firstLine: String) throws(RowProblem)

  /// Whether the file says when its requests arrive.
  var hasArrivals: Bool { get }

  /// What a line says.
  mutating func row(_ line: Span<UInt8>) throws(RowProblem) -> TraceRow
}

/// What a line of a trace says.
public enum TraceRow: Hashable, Sendable {
  /// A request; its arrival in nanoseconds on the file's own clock and the number of its conversation, nil where the
  /// file has none; what its prompt shares.
  case request(
    arrival: Int64?, promptTokens: Int, outputTokens: Int, session: UInt64? = nil, prefixIDs: [Int] = [])
  /// A request that never got an answer, so there is nothing to simulate.
  case failed(arrival: Int64?)

  /// When it arrived, in nanoseconds on the file's own clock.
  var arrival: Int64? {
    switch self {
    case .request(let arrival, _, _, _, _), .failed(let arrival): arrival
    }
  }
}

/// Every format a trace file is recognised by, in the order they are tried.
public let traceFormats: [any TraceFormat.Type] = [
  LpsimCSV.self, VidurCSV.self, AzureCSV.self, BurstGPTCSV.self, MooncakeJSONL.self,
]

/// The reader of a file that begins with this line.
func traceFormat(recognising firstLine: Span<UInt8>) throws(RowProblem) -> any TraceFormat {
  let bytes = (0..<firstLine.count).map { firstLine[$0] }
  let text = String(decoding: bytes, as: UTF8.self)
  for format in traceFormats {
    if let reader = try format.init(recognising: text) { return reader }
  }
  let known = traceFormats.map { "\($0.name) (\($0.words.joined(separator: ", ")))" }.joined(separator: "; ")
  let nearest = nearestFormat(to: text).map { "nearest is \($0.name); " } ?? ""
  throw RowProblem("no known trace begins with \(quoted(firstLine))", hint: "\(nearest)known: \(known)")
}

/// The format that shares the most words with a line, near ones counting half; nil where none shares any.
private func nearestFormat(to line: String) -> (any TraceFormat.Type)? {
  let found = line.prefix(1000).split { ",;\t{}\":".contains($0) }.map { $0.drop { $0 == " " } }.map(String.init)
  var best: (format: any TraceFormat.Type, score: Int)?
  for format in traceFormats {
    var score = 0
    for word in format.words {
      if found.contains(word) { score += 2 } else if nearestWord(to: word, among: found) != nil { score += 1 }
    }
    if score > best?.score ?? 0 { best = (format, score) }
  }
  return best?.format
}
