/// Nanoseconds since 1970-01-01 00:00 UTC of a date and time such as `2023-11-16 18:17:03.9799600`, with an optional
/// offset such as `+00:00` or `Z` behind it; without one it counts as UTC. Fractions go to 18 digits.
func calendarNanoseconds(_ bytes: Span<UInt8>, column: String) throws(RowProblem) -> Int64 {
  guard let time = CalendarTime(bytes) else {
    throw RowProblem(column: column, "\(quoted(bytes)) is not a date and time such as \"2023-11-16 18:17:03.9799600\"")
  }
  guard time.exists else { throw RowProblem(column: column, "\(quoted(bytes)) is a date or time that does not exist") }
  guard (1970...2261).contains(time.year) else {
    throw RowProblem(column: column, "\(quoted(bytes)) is out of range; expected the years 1970…2261")
  }
  return time.nanoseconds
}

/// A date and a time of day as written.
private struct CalendarTime {
  let year, month, day, hour, minute, second: Int
  private var fraction = 0
  private var offsetMinutes = 0

  init?(_ bytes: Span<UInt8>) {
    func number(_ range: Range<Int>) -> Int? {
      var value = 0
      for index in range {
        guard index < bytes.count, isDigit(bytes[index]) else { return nil }
        value = 10 * value + Int(bytes[index] &- 0x30)
      }
      return value
    }
    func has(_ character: Unicode.Scalar, at index: Int) -> Bool {
      index < bytes.count && bytes[index] == UInt8(ascii: character)
    }
    guard has("-", at: 4), has("-", at: 7), has(" ", at: 10) || has("T", at: 10), has(":", at: 13), has(":", at: 16),
      let year = number(0..<4), let month = number(5..<7), let day = number(8..<10), let hour = number(11..<13),
      let minute = number(14..<16), let second = number(17..<19)
    else { return nil }
    (self.year, self.month, self.day, self.hour, self.minute, self.second) = (year, month, day, hour, minute, second)
    var end = 19
    if has(".", at: end) {
      let start = end + 1
      end = start
      while end < bytes.count, isDigit(bytes[end]) { end += 1 }
      guard (1...18).contains(end - start), let digits = number(start..<end) else { return nil }
      fraction = roundedNanoseconds(ofFraction: digits, digitCount: end - start)
    }
    if end == bytes.count || has("Z", at: end) && end + 1 == bytes.count { return }
    guard has("+", at: end) || has("-", at: end), has(":", at: end + 3), end + 6 == bytes.count,
      let hours = number(end + 1..<end + 3), let minutes = number(end + 4..<end + 6)
    else { return nil }
    offsetMinutes = (60 * hours + minutes) * (has("-", at: end) ? -1 : 1)
  }

  /// Whether the calendar has this day and the day this time.
  var exists: Bool {
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    guard (1...12).contains(month), (1...lengths[month - 1]).contains(day) else { return false }
    return hour < 24 && minute < 60 && second < 60 && offsetMinutes.magnitude < 24 * 60
  }

  var nanoseconds: Int64 {
    let seconds = ((daysSince1970 * 24 + hour) * 60 + minute - offsetMinutes) * 60 + second
    return Int64(seconds) * 1_000_000_000 + Int64(fraction)
  }

  /// Howard Hinnant's days_from_civil, for years from 1970.
  private var daysSince1970: Int {
    let shifted = month <= 2 ? year - 1 : year
    let era = shifted / 400
    let yearOfEra = shifted % 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }
}

/// The digits behind the point of a second, to the nearest nanosecond.
private func roundedNanoseconds(ofFraction digits: Int, digitCount: Int) -> Int {
  var value = digits
  for _ in digitCount..<max(digitCount, 9) { value *= 10 }
  guard digitCount > 9 else { return value }
  var divisor = 1
  for _ in 9..<digitCount { divisor *= 10 }
  return (value + divisor / 2) / divisor
}
