/// The members of one JSON object in memory: each is found once, and read only when it is asked for. For files of
/// measurements, whose lists are long; configurations are read as ``ConfigNode``.
struct JSONMembers: Sendable {
  private let bytes: [UInt8]
  private var places: [(key: Range<Int>, value: Range<Int>)] = []

  /// Steps over the whole object.
  init(parsing bytes: [UInt8]) throws(RowProblem) {
    self.bytes = bytes
    let span = bytes.span
    var cursor = JSONCursor()
    try cursor.expect("{", span)
    if !cursor.takes("}", span) {
      repeat {
        let key = try cursor.string(span)
        try cursor.expect(":", span)
        places.append((key, try cursor.value(span)))
      } while cursor.takes(",", span)
      try cursor.expect("}", span)
    }
    try cursor.expectEnd(span)
  }

  /// Where the value of a key stands; nil where the key is absent or its value null. Of a key that stands twice the last
  /// counts, as in Python.
  func place(of key: String) -> Range<Int>? {
    let span = bytes.span
    guard let found = places.last(where: { jsonString(span.extracting($0.key), says: key) }) else { return nil }
    return text(found.value) == "null" ? nil : found.value
  }

  /// The text of a value, as it is written.
  func text(_ place: Range<Int>) -> String { String(decoding: bytes[place], as: UTF8.self) }

  /// A number of a key that may be absent.
  func number(_ key: String) throws(RowProblem) -> Double? {
    guard let place = place(of: key) else { return nil }
    return try number(place, of: key)
  }

  /// The number that stands at a place.
  func number(_ place: Range<Int>, of key: String) throws(RowProblem) -> Double {
    guard let number = Double(text(place)), number.isFinite else {
      throw RowProblem(column: key, "\(quoted(bytes.span.extracting(place))) is not a number")
    }
    return number
  }

  /// A length of time at a place, in seconds.
  func seconds(_ place: Range<Int>, of key: String) throws(RowProblem) -> Double {
    let seconds = try number(place, of: key)
    guard seconds >= 0 else { throw RowProblem(column: key, "\(text(place)) s is out of range; expected 0 or more") }
    return seconds
  }

  /// A number of tokens at a place.
  func tokens(_ place: Range<Int>, from least: Int, of key: String) throws(RowProblem) -> Int {
    try tokenCount(bytes.span.extracting(place), from: least, column: key)
  }

  /// Where the items of the list at a place stand.
  func items(_ place: Range<Int>, of key: String) throws(RowProblem) -> [Range<Int>] {
    let span = bytes.span.extracting(place)
    var cursor = JSONCursor()
    guard let items = try cursor.items(span) else { throw RowProblem(column: key, "\(quoted(span)) is not a list") }
    return items.map { place.lowerBound + $0.lowerBound..<place.lowerBound + $0.upperBound }
  }
}
