#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A number for people: four significant digits and commas between thousands; whole numbers and those of a thousand or
/// more without a point.
func readable(_ value: Double) -> String {
  if value == value.rounded(), value.magnitude < 1e15 { return grouped(value, decimals: 0) }
  guard value.magnitude >= 1e-6, value.magnitude < 1e15 else { return "\(value)" }
  let digitsBeforePoint = Int(log10(value.magnitude).rounded(.down)) + 1
  return grouped(value, decimals: max(0, 4 - digitsBeforePoint))
}

/// A number with so many digits after the point and commas between thousands; one of sixteen digits or more as Swift
/// writes it.
func grouped(_ value: Double, decimals: Int) -> String {
  let power = (0..<decimals).reduce(1.0) { power, _ in power * 10 }
  guard value.magnitude * power < 1e16 else { return "\(value)" }
  let digits = String(Int((value.magnitude * power).rounded()))
  let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
  let whole = padded.dropLast(decimals)
  var text = ""
  for (index, digit) in whole.enumerated() {
    if index > 0, (whole.count - index).isMultiple(of: 3) { text.append(",") }
    text.append(digit)
  }
  if decimals > 0 { text += "." + padded.suffix(decimals) }
  return value < 0 && digits.contains { $0 != "0" } ? "-" + text : text
}

/// A number that JSON, CSV and SQL read back as exactly the same one: the shortest such.
func exact(_ value: Double) -> String {
  Int(exactly: value).flatMap { $0.magnitude < 1 << 53 ? "\($0)" : nil } ?? "\(value)"
}
