/// Where the fields of a CSV line stand (RFC 4180, one line a row): between commas, spaces around them not counted, or
/// between double quotes. Kept and split anew for each line, so that a row costs no memory.
struct CSVRow: Sendable {
  /// The bytes of each field, without its quotes; a doubled quote within stays doubled.
  private(set) var fields: [Range<Int>] = []

  /// Finds the fields of a line.
  mutating func split(_ line: Span<UInt8>) throws(RowProblem) {
    fields.removeAll(keepingCapacity: true)
    var start = 0
    while true {
      let first = skippingSpaces(line, from: start)
      let isQuoted = first < line.count && line[first] == UInt8(ascii: "\"")
      let end = isQuoted ? try appendQuoted(line, from: first) : appendPlain(line, from: first)
      guard end < line.count else { return }
      start = end + 1
    }
  }

  /// Takes the field up to the next comma and returns where that stands.
  private mutating func appendPlain(_ line: Span<UInt8>, from start: Int) -> Int {
    var end = start
    while end < line.count, line[end] != UInt8(ascii: ",") { end += 1 }
    var last = end
    while last > start, isSpace(line[last - 1]) { last -= 1 }
    fields.append(start..<last)
    return end
  }

  /// Takes the field up to its closing quote and returns where the comma behind it stands.
  private mutating func appendQuoted(_ line: Span<UInt8>, from quote: Int) throws(RowProblem) -> Int {
    var end = quote + 1
    while end < line.count {
      guard line[end] == UInt8(ascii: "\"") else {
        end += 1
        continue
      }
      guard end + 1 < line.count, line[end + 1] == UInt8(ascii: "\"") else { break }
      end += 2
    }
    guard end < line.count else { throw RowProblem("a double quote is opened and never closed") }
    fields.append(quote + 1..<end)
    let comma = skippingSpaces(line, from: end + 1)
    guard comma == line.count || line[comma] == UInt8(ascii: ",") else {
      throw RowProblem("something stands between a closing double quote and the next comma")
    }
    return comma
  }

  private func skippingSpaces(_ line: Span<UInt8>, from start: Int) -> Int {
    var index = start
    while index < line.count, isSpace(line[index]) { index += 1 }
    return index
  }

  private func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
}
