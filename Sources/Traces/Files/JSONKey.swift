/// Whether the inside of a JSON string says this ASCII word, be it with escapes.
func jsonString(_ bytes: Span<UInt8>, says word: String) -> Bool {
  var expected = word.utf8.makeIterator()
  var index = 0
  while index < bytes.count {
    var byte = bytes[index]
    index += 1
    if byte == UInt8(ascii: "\\") {
      guard let unescaped = asciiEscape(bytes, from: &index) else { return false }
      byte = unescaped
    }
    guard expected.next() == byte else { return false }
  }
  return expected.next() == nil
}

/// The ASCII character that an escape means whose backslash was just read; nil for any other character.
private func asciiEscape(_ bytes: Span<UInt8>, from index: inout Int) -> UInt8? {
  let letter = bytes[index]
  index += 1
  switch letter {
  case UInt8(ascii: "b"): return 0x08
  case UInt8(ascii: "f"): return 0x0C
  case UInt8(ascii: "n"): return 0x0A
  case UInt8(ascii: "r"): return 0x0D
  case UInt8(ascii: "t"): return 0x09
  case UInt8(ascii: "u"):
    var code = 0
    for offset in 0..<4 {
      let digit = bytes[index + offset]
      code = 16 * code + Int(isDigit(digit) ? digit &- 0x30 : (digit | 0x20) &- 0x61 + 10)
    }
    index += 4
    return code < 0x80 ? UInt8(code) : nil
  default: return letter
  }
}
