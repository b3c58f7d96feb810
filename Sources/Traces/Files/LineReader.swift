import Base

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The lines of a text file one after the other, in memory that does not grow with the file. Its place in the file is
/// a value: a copy reads on by itself. Ends of line are LF or CRLF; a byte-order mark is passed over.
struct LineReader: Sendable {
  /// No line of a trace is longer; one that is would be no line but a file of another kind.
  static let longestLine = 1 << 20

  /// The number of the line last read, from 1.
  private(set) var lineNumber = 0
  /// The bytes that are in memory, the last line among them.
  private(set) var buffer = [UInt8](repeating: 0, count: 1 << 16)
  private let file: OpenFile
  private var offset = 0
  private var unread = 0..<0
  private var firstBlank: Int?

  /// The lines of a file from its beginning.
  init(_ file: OpenFile) { self.file = file }

  /// Where in ``buffer`` the next line with something in it stands; nil at the end. Only at the end may lines be empty.
  mutating func next() throws -> Range<Int>? {
    while let line = try nextLine() {
      if line.isEmpty {
        firstBlank = firstBlank ?? lineNumber
      } else {
        if let firstBlank { throw error(line: firstBlank, "the line is empty") }
        return line
      }
    }
    return nil
  }

  private mutating func nextLine() throws -> Range<Int>? {
    var searched = 0
    while true {
      if let end = newline(after: unread.lowerBound + searched) { return try line(upTo: end, thenFrom: end + 1) }
      searched = unread.count
      guard searched <= Self.longestLine else { throw tooLong(line: lineNumber + 1) }
      if try !fill() { break }
    }
    return unread.isEmpty ? nil : try line(upTo: unread.upperBound, thenFrom: unread.upperBound)
  }

  private func newline(after start: Int) -> Int? {
    buffer.withUnsafeBytes { bytes in
      guard start < unread.upperBound, let base = bytes.baseAddress else { return nil }
      return memchr(base + start, 0x0A, unread.upperBound - start).map { UnsafeRawPointer($0) - base }
    }
  }

  private mutating func line(upTo end: Int, thenFrom next: Int) throws -> Range<Int> {
    var line = unread.lowerBound..<end
    unread = next..<unread.upperBound
    lineNumber += 1
    guard line.count <= Self.longestLine else { throw tooLong(line: lineNumber) }
    if lineNumber == 1, buffer[line].starts(with: [0xEF, 0xBB, 0xBF]) { line = line.lowerBound + 3..<end }
    if let last = line.last, buffer[last] == 0x0D { line = line.lowerBound..<last }
    guard !holdsNUL(line) else { throw error(line: lineNumber, "a NUL byte stands in it, so this is no text") }
    return line
  }

  private func holdsNUL(_ line: Range<Int>) -> Bool {
    buffer.withUnsafeBytes { bytes in
      bytes.baseAddress.map { memchr($0 + line.lowerBound, 0, line.count) != nil } ?? false
    }
  }

  /// Moves what is unread to the buffer's beginning and reads more behind it; whether there was more.
  private mutating func fill() throws -> Bool {
    let kept = unread.count
    let start = unread.lowerBound
    buffer.withUnsafeMutableBytes { bytes in
      guard start > 0, kept > 0, let base = bytes.baseAddress else { return }
      memmove(base, base + start, kept)
    }
    if kept == buffer.count { buffer += [UInt8](repeating: 0, count: buffer.count) }
    let count = try buffer.withUnsafeMutableBytes { bytes in
      try file.read(at: offset, into: UnsafeMutableRawBufferPointer(rebasing: bytes[kept...]))
    }
    offset += count
    unread = 0..<kept + count
    return count > 0
  }

  private func tooLong(line: Int) -> InputError {
    error(line: line, "the line is longer than \(Self.longestLine) bytes")
  }

  private func error(line: Int, _ problem: String) -> InputError {
    InputError(.data, file: file.path, place: "line \(line)", problem)
  }
}
