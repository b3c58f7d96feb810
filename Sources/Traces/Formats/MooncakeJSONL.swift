import Base

/// The JSON Lines of the Mooncake traces: an object a line with `timestamp` in ms, `input_length`, `output_length` and, in
/// most files, `hash_ids`: an id for each 512 prompt tokens and all before them. Other keys are passed over.
public struct MooncakeJSONL: TraceFormat {
  /// `mooncake`.
  public static let name = "mooncake"
  /// What `lpsim list` says of it.
  public static let summary = "JSON Lines of the Mooncake traces, arrivals in ms; says what prompts share"
  /// Its keys.
  public static let words = ["timestamp", "input_length", "output_length"]
  /// Its first line is a request already.
  public static let hasHeader = false

  private static let prefixKey = "hash_ids"

  /// A reader for the file that begins with this line.
  public init?(recognising firstLine: String) throws(RowProblem) {
    let begin = firstLine.drop { $0 == " " || $0 == "\t" }
    guard begin.first == "{", firstLine.contains("\"input_length\"") || firstLine.contains("\"output_length\"") else {
      return nil
    }
  }

  /// Every file of it has arrivals.
  public var hasArrivals: Bool { true }

  /// What a line says.
  public mutating func row(_ line: Span<UInt8>) throws(RowProblem) -> TraceRow {
    var places: (arrival: Range<Int>?, prompt: Range<Int>?, output: Range<Int>?, prefix: Range<Int>?)
    var cursor = JSONCursor()
    try cursor.expect("{", line)
    repeat {
      let key = try cursor.string(line)
      try cursor.expect(":", line)
      let value = try cursor.value(line)
      if jsonString(line.extracting(key), says: Self.words[0]) {
        try set(&places.arrival, value, Self.words[0])
      } else if jsonString(line.extracting(key), says: Self.words[1]) {
        try set(&places.prompt, value, Self.words[1])
      } else if jsonString(line.extracting(key), says: Self.words[2]) {
        try set(&places.output, value, Self.words[2])
      } else if jsonString(line.extracting(key), says: Self.prefixKey) {
        try set(&places.prefix, value, Self.prefixKey)
      }
    } while cursor.takes(",", line)
    try cursor.expect("}", line)
    try cursor.expectEnd(line)
    let arrival = try found(places.arrival, Self.words[0])
    let prompt = try found(places.prompt, Self.words[1])
    let output = try found(places.output, Self.words[2])
    let promptTokens = try tokenCount(line.extracting(prompt), column: Self.words[1])
    return .request(
      arrival: try scaledDecimal(line.extracting(arrival), timesTenTo: 6, column: Self.words[0]),
      promptTokens: promptTokens,
      outputTokens: try tokenCount(line.extracting(output), column: Self.words[2]),
      prefixIDs: try places.prefix.map { place throws(RowProblem) in
        try prefixIDs(line.extracting(place), promptTokens: promptTokens)
      } ?? [])
  }

  private func prefixIDs(_ bytes: Span<UInt8>, promptTokens: Int) throws(RowProblem) -> [Int] {
    var cursor = JSONCursor()
    guard let items = try cursor.items(bytes) else {
      throw RowProblem(column: Self.prefixKey, "\(quoted(bytes)) is not a list")
    }
    let most = (promptTokens - 1) / TraceRequest.tokensPerPrefixID + 1
    guard items.count <= most else {
      throw RowProblem(
        column: Self.prefixKey,
        "\(items.count) ids for \(promptTokens) prompt tokens; expected at most \(most), one for "
          + "each \(TraceRequest.tokensPerPrefixID)")
    }
    var ids: [Int] = []
    ids.reserveCapacity(items.count)
    for item in items { ids.append(try identifier(bytes.extracting(item), column: Self.prefixKey)) }
    return ids
  }

  private func set(_ place: inout Range<Int>?, _ value: Range<Int>, _ key: String) throws(RowProblem) {
    guard place == nil else { throw RowProblem("the key \"\(key)\" stands twice") }
    place = value
  }

  private func found(_ place: Range<Int>?, _ key: String) throws(RowProblem) -> Range<Int> {
    guard let place else { throw RowProblem("the key \"\(key)\" is missing") }
    return place
  }
}
