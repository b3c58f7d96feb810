import Base

/// Which rows of the tables are used, as `moe: tp=1,2 weight_bytes>=1e8` says it: for one family of kernels, every
/// condition holds.
public struct RowFilter: Hashable, Sendable {
  /// A comparison of a column with values.
  struct Condition: Hashable, Sendable {
    enum Comparison: String, CaseIterable { case notEqual = "!=", atLeast = ">=", atMost = "<=", equal = "=" }

    var column: String
    var comparison: Comparison
    var values: [String]
  }

  /// The kernels it is about.
  public let family: KernelFamily
  /// How it was written.
  public let text: String
  let conditions: [Condition]

  /// Reads `family: column=value,value column>=number ...`.
  /// - Parameter option: what the user wrote it after, for messages.
  public init(parsing text: String, option: String) throws {
    guard let colon = text.firstIndex(of: ":") else {
      throw InputError(.usage, file: option, "\"\(text)\" is not \"family: column=value ...\"")
    }
    let name = String(text[..<colon])
    guard let family = KernelFamily(rawValue: name) else {
      throw InputError.unknown(
        "family of kernels", name, among: KernelFamily.allCases.map(\.rawValue), status: .usage, file: option)
    }
    self.family = family
    let words = text[text.index(after: colon)...].split(separator: " ")
    conditions = try words.map { try Condition(parsing: String($0), option: option) }
    self.text = "\(name): \(words.joined(separator: " "))"
    guard !conditions.isEmpty else { throw InputError(.usage, file: option, "\"\(text)\" has no condition") }
  }

  /// Whether every condition holds; a column that is neither in the table nor derived is the user's error.
  func holds(for row: KernelTable.Row, derived: DerivedColumns) throws -> Bool {
    try conditions.allSatisfy { condition in
      if let value = row[condition.column] { return condition.holds(for: value) }
      guard derived.names.contains(condition.column) else {
        throw InputError.unknown(
          "column", condition.column, among: row.table.header + derived.names, status: .usage,
          file: "\(text) (of \(row.table.file))")
      }
      return condition.holds(for: "\(try derived.value(condition.column))")
    }
  }
}

/// Columns that are computed from a row when a filter asks for them.
struct DerivedColumns {
  let names: [String]
  let value: (String) throws -> Double
}

extension RowFilter.Condition {
  init(parsing word: String, option: String) throws {
    for comparison in Comparison.allCases {
      guard let range = word.firstRange(of: comparison.rawValue), range.lowerBound > word.startIndex else { continue }
      column = String(word[..<range.lowerBound])
      self.comparison = comparison
      values = word[range.upperBound...].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      guard comparison == .equal || comparison == .notEqual || values.count == 1 && Double(values[0]) != nil else {
        throw InputError(.usage, file: option, "\"\(word)\" compares with no number")
      }
      return
    }
    throw InputError(.usage, file: option, "\"\(word)\" is not column=value, !=, >= or <=")
  }

  /// Numbers are compared as numbers, words without regard to case.
  func holds(for found: String) -> Bool {
    func isSame(_ value: String) -> Bool {
      if let left = Double(found), let right = Double(value) { return left == right }
      return found.lowercased() == value.lowercased()
    }
    switch comparison {
    case .equal: return values.contains(where: isSame)
    case .notEqual: return !values.contains(where: isSame)
    case .atLeast, .atMost:
      guard let left = Double(found), let right = Double(values[0]) else { return false }
      return comparison == .atLeast ? left >= right : left <= right
    }
  }
}
