#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A number for people: four significant digits, or all digits of a whole number.
public func readable(_ value: Double) -> String { grouped(value, decimals: decimals(for: [value])) }

/// How many digits after the point numbers that stand side by side need: four significant ones of the smallest, but at
/// most six of the largest; none if all are whole, but for what rounding leaves in a double's last digits.
public func decimals(for values: [Double]) -> Int {
  if values.allSatisfy({ ($0 - $0.rounded()).magnitude <= 1e-13 * $0.magnitude }) { return 0 }
  let digits = values.filter { $0 != 0 }.map { Int(log10($0.magnitude).rounded(.down)) + 1 }
  guard let fewest = digits.min(), let most = digits.max() else { return 0 }
  return max(0, min(4 - fewest, 6 - most))
}

/// A number with so many digits after the point and commas between thousands; one of sixteen digits or more as Swift
/// writes it.
public func grouped(_ value: Double, decimals: Int) -> String {
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
public func exact(_ value: Double) -> String {
  Int(exactly: value).flatMap { $0.magnitude < 1 << 53 ? "\($0)" : nil } ?? "\(value)"
}

/// A change for people: one digit after the point, and a sign unless it is zero.
public func signed(_ value: Double) -> String {
  let text = grouped(value, decimals: 1)
  return value > 0 ? "+" + text : text
}
