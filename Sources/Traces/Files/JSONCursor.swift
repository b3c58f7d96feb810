/// A place in a line of JSON. It steps over values strictly (RFC 8259) and builds nothing.
struct JSONCursor {
  private static let deepest = 64

  /// The byte that is looked at next.
  private(set) var index = 0

  /// Steps over white space and, if it comes next, over this character; whether it did.
  mutating func takes(_ character: Unicode.Scalar, _ bytes: Span<UInt8>) -> Bool {
    while index < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[index]) { index += 1 }
    guard index < bytes.count, bytes[index] == UInt8(ascii: character) else { return false }
    index += 1
    return true
  }

  /// Steps over this character, which must come next.
  mutating func expect(_ character: Unicode.Scalar, _ bytes: Span<UInt8>) throws(RowProblem) {
    guard takes(character, bytes) else { throw unexpected(bytes, expected: "\"\(character)\"") }
  }

  /// Makes sure that nothing but white space is left.
  mutating func expectEnd(_ bytes: Span<UInt8>) throws(RowProblem) {
    _ = takes(" ", bytes)
    guard index == bytes.count else { throw unexpected(bytes, expected: "the line's end") }
  }

  /// Steps over a string and returns where its inside stands.
  mutating func string(_ bytes: Span<UInt8>) throws(RowProblem) -> Range<Int> {
    try expect("\"", bytes)
    let start = index
    while index < bytes.count {
      switch bytes[index] {
      case UInt8(ascii: "\""):
        index += 1
        return start..<index - 1
      case UInt8(ascii: "\\"): try escape(bytes)
      case 0..<0x20: throw unexpected(bytes, expected: "no control character in a string")
      default: index += 1
      }
    }
    throw unexpected(bytes, expected: "the string's closing double quote")
  }

  private mutating func escape(_ bytes: Span<UInt8>) throws(RowProblem) {
    index += 1
    guard index < bytes.count, "\"\\/bfnrtu".utf8.contains(bytes[index]) else {
      throw unexpected(bytes, expected: "one of \"\\/bfnrtu")
    }
    let digits = bytes[index] == UInt8(ascii: "u") ? 4 : 0
    index += 1
    for _ in 0..<digits {
      guard index < bytes.count, isHexDigit(bytes[index]) else {
        throw unexpected(bytes, expected: "4 hexadecimal digits")
      }
      index += 1
    }
  }

  /// Steps over any value and returns where it stands.
  mutating func value(_ bytes: Span<UInt8>, depth: Int = 0) throws(RowProblem) -> Range<Int> {
    guard depth <= Self.deepest else { throw unexpected(bytes, expected: "at most \(Self.deepest) nested brackets") }
    _ = takes(" ", bytes)
    let start = index
    guard start < bytes.count else { throw unexpected(bytes, expected: "a value") }
    switch bytes[start] {
    case UInt8(ascii: "\""): _ = try string(bytes)
    case UInt8(ascii: "["): try array(bytes, depth: depth)
    case UInt8(ascii: "{"): try object(bytes, depth: depth)
    case UInt8(ascii: "t"): try word("true", bytes)
    case UInt8(ascii: "f"): try word("false", bytes)
    case UInt8(ascii: "n"): try word("null", bytes)
    default: try number(bytes)
    }
    return start..<index
  }

  private mutating func array(_ bytes: Span<UInt8>, depth: Int) throws(RowProblem) {
    try expect("[", bytes)
    if takes("]", bytes) { return }
    repeat { _ = try value(bytes, depth: depth + 1) } while takes(",", bytes)
    try expect("]", bytes)
  }

  /// Steps over an array and returns where its items stand; nil if anything else comes next.
  mutating func items(_ bytes: Span<UInt8>) throws(RowProblem) -> [Range<Int>]? {
    guard takes("[", bytes) else { return nil }
    var items: [Range<Int>] = []
    if takes("]", bytes) { return items }
    repeat { items.append(try value(bytes)) } while takes(",", bytes)
    try expect("]", bytes)
    return items
  }

  private mutating func object(_ bytes: Span<UInt8>, depth: Int) throws(RowProblem) {
    try expect("{", bytes)
    if takes("}", bytes) { return }
    repeat {
      _ = try string(bytes)
      try expect(":", bytes)
      _ = try value(bytes, depth: depth + 1)
    } while takes(",", bytes)
    try expect("}", bytes)
  }

  private mutating func word(_ word: StaticString, _ bytes: Span<UInt8>) throws(RowProblem) {
    let length = word.utf8CodeUnitCount
    for offset in 0..<length {
      guard index + offset < bytes.count, bytes[index + offset] == word.utf8Start[offset] else {
        throw unexpected(bytes, expected: "a value")
      }
    }
    index += length
  }

  private mutating func number(_ bytes: Span<UInt8>) throws(RowProblem) {
    if bytes[index] == UInt8(ascii: "-") { index += 1 }
    let start = index
    try digits(bytes)
    if bytes[start] == UInt8(ascii: "0"), index > start + 1 {
      index = start + 1
      throw unexpected(bytes, expected: "no digit behind a leading 0")
    }
    if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
      index += 1
      try digits(bytes)
    }
    if index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") {
      index += 1
      if index < bytes.count, "+-".utf8.contains(bytes[index]) { index += 1 }
      try digits(bytes)
    }
  }

  private mutating func digits(_ bytes: Span<UInt8>) throws(RowProblem) {
    let start = index
    while index < bytes.count, isDigit(bytes[index]) { index += 1 }
    guard index > start else { throw unexpected(bytes, expected: "a value") }
  }

  private func isHexDigit(_ byte: UInt8) -> Bool { isDigit(byte) || (byte | 0x20) &- 0x61 < 6 }

  private func unexpected(_ bytes: Span<UInt8>, expected: String) -> RowProblem {
    let found = index < bytes.count ? quoted(bytes.extracting(index..<index + 1)) : "the line's end"
    return RowProblem(column: "column \(index + 1)", "not JSON: \(found) where \(expected) was expected")
  }
}
