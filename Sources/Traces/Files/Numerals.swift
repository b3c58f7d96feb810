import Base

/// Whether a byte is an ASCII digit.
func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

/// A length in tokens from its digits: a whole number from `least` to ``longestLength``.
func tokenCount(_ bytes: Span<UInt8>, from least: Int = 1, column: String) throws(RowProblem) -> Int {
  let isNegative = !bytes.isEmpty && bytes[0] == UInt8(ascii: "-")
  let first = isNegative ? 1 : 0
  guard first < bytes.count else { throw notWhole(bytes, column) }
  var count = 0
  for index in first..<bytes.count {
    guard isDigit(bytes[index]) else { throw notWhole(bytes, column) }
    if count <= longestLength { count = 10 * count + Int(bytes[index] &- 0x30) }
  }
  guard !isNegative || count == 0, (least...longestLength).contains(count) else {
    throw RowProblem(
      column: column, "\(quoted(bytes)) is out of range; expected \(least)…\(longestLength) tokens")
  }
  return count
}

/// A number that only names something, from its digits: 0 to the largest Int.
func identifier(_ bytes: Span<UInt8>, column: String) throws(RowProblem) -> Int {
  var number = 0
  for index in 0..<bytes.count {
    guard isDigit(bytes[index]) else { throw notWhole(bytes, column) }
    let (tens, overflow) = number.multipliedReportingOverflow(by: 10)
    let (sum, overflowOfSum) = tens.addingReportingOverflow(Int(bytes[index] &- 0x30))
    guard !overflow, !overflowOfSum else {
      throw RowProblem(column: column, "\(quoted(bytes)) is out of range; expected 0…\(Int.max)")
    }
    number = sum
  }
  guard !bytes.isEmpty else { throw notWhole(bytes, column) }
  return number
}

private func notWhole(_ bytes: Span<UInt8>, _ column: String) -> RowProblem {
  RowProblem(column: column, "\(quoted(bytes)) is not a whole number")
}

/// A decimal number such as `12`, `-0.5` or `1e-05`, times a power of ten, to the nearest whole number (ties away from
/// zero). It is worked in integers, so seconds become nanoseconds without a binary rounding.
func scaledDecimal(_ bytes: Span<UInt8>, timesTenTo power: Int, column: String) throws(RowProblem) -> Int64 {
  guard let decimal = Decimal(bytes) else { throw RowProblem(column: column, "\(quoted(bytes)) is not a number") }
  guard let scaled = decimal.scaled(byTenTo: power) else {
    throw RowProblem(column: column, "\(quoted(bytes)) is out of range; the clock holds 292 years")
  }
  return scaled
}

/// A decimal number as written: digits times a power of ten.
private struct Decimal {
  private static let mostDigits = 19

  private var isNegative = false
  private var digits: UInt64 = 0
  private var digitCount = 0
  private var exponent = 0

  /// The number that is all of `bytes`; nil if they are none. Digits beyond the 19th are cut off.
  init?(_ bytes: Span<UInt8>) {
    var index = 0
    if index < bytes.count, bytes[index] == UInt8(ascii: "-") {
      isNegative = true
      index += 1
    }
    let start = index
    var point: Int?
    while index < bytes.count {
      if isDigit(bytes[index]) {
        append(bytes[index] &- 0x30, isFraction: point != nil)
      } else if bytes[index] == UInt8(ascii: "."), point == nil {
        point = index
      } else {
        break
      }
      index += 1
    }
    guard index - start > (point == nil ? 0 : 1) else { return nil }
    guard index < bytes.count else { return }
    guard bytes[index] | 0x20 == UInt8(ascii: "e"), readExponent(bytes, from: index + 1) else { return nil }
  }

  private mutating func append(_ digit: UInt8, isFraction: Bool) {
    guard digitCount < Self.mostDigits else {
      if !isFraction { exponent += 1 }
      return
    }
    digits = 10 * digits + UInt64(digit)
    if digits > 0 { digitCount += 1 }
    if isFraction { exponent -= 1 }
  }

  private mutating func readExponent(_ bytes: Span<UInt8>, from start: Int) -> Bool {
    var index = start
    var sign = 1
    if index < bytes.count, bytes[index] == UInt8(ascii: "-") || bytes[index] == UInt8(ascii: "+") {
      sign = bytes[index] == UInt8(ascii: "-") ? -1 : 1
      index += 1
    }
    guard index < bytes.count else { return false }
    var written = 0
    while index < bytes.count {
      guard isDigit(bytes[index]) else { return false }
      if written < 1_000_000_000 { written = 10 * written + Int(bytes[index] &- 0x30) }
      index += 1
    }
    exponent += sign * written
    return true
  }

  /// The number times a power of ten, to the nearest whole number; nil where an Int64 does not hold it.
  func scaled(byTenTo power: Int) -> Int64? {
    var value = digits
    let shift = exponent + power
    guard value > 0 else { return 0 }
    guard shift > -2 * Self.mostDigits else { return 0 }
    guard shift <= Self.mostDigits else { return nil }
    for _ in 0..<max(shift, 0) {
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      guard !overflow else { return nil }
      value = product
    }
    for step in 0..<max(-shift, 0) {
      let isLast = step == -shift - 1
      value = isLast ? value / 10 + (value % 10 >= 5 ? 1 : 0) : value / 10
    }
    guard value <= UInt64(Int64.max) else { return nil }
    return isNegative ? -Int64(value) : Int64(value)
  }
}
