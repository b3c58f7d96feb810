/// The keys of one configuration object while they are read: what is asked for must be there, and what is there must
/// have been asked for.
public struct ConfigFields {
  /// The object that is read.
  public let node: ConfigNode
  private var asked: [String] = []

  /// Begins to read an object; any other value is an error.
  public init(_ node: ConfigNode) throws {
    guard node.members != nil else { throw node.error("\(node.described) is not an object") }
    self.node = node
  }

  /// What stands under a key that must be there.
  public mutating func required(_ key: String) throws -> ConfigNode {
    asked.append(key)
    guard let found = node.member(key) else {
      let strangers = node.members?.map(\.key).filter { !asked.contains($0) } ?? []
      let hint = nearestWord(to: key, among: strangers).map { "is \"\($0)\" meant to be it?" } ?? ""
      throw node.error("the key \"\(key)\" is missing", hint: hint)
    }
    return found
  }

  /// What stands under a key that may be absent; `null` counts as absent.
  public mutating func optional(_ key: String) -> ConfigNode? {
    asked.append(key)
    guard let found = node.member(key) else { return nil }
    if case .null = found.value { return nil }
    return found
  }

  /// The object under a key that must be there.
  public mutating func object(_ key: String) throws -> ConfigFields { try ConfigFields(required(key)) }

  /// The string under a key that must be there.
  public mutating func string(_ key: String) throws -> String { try required(key).string() }

  /// The whole number under a key that must be there, within bounds.
  public mutating func integer(_ key: String, in range: ClosedRange<Int>, _ meaning: String = "") throws -> Int {
    try required(key).integer(in: range, meaning)
  }

  /// The number under a key that must be there, within bounds.
  public mutating func number(_ key: String, in range: ClosedRange<Double>, _ meaning: String = "") throws -> Double {
    try required(key).number(in: range, meaning)
  }

  /// The number under a key that must be there, as an amount of `Unit`, within bounds.
  public mutating func quantity<Unit>(
    _ key: String, in range: ClosedRange<Double> = .positive, as: Quantity<Unit>.Type = Quantity<Unit>.self
  ) throws -> Quantity<Unit> {
    Quantity<Unit>(try number(key, in: range))
  }

  /// Keys that are allowed and not read here.
  public mutating func ignore(_ keys: String...) { asked += keys }

  /// Ends the reading: a key that nobody asked for is an error that names the nearest right key.
  public func finish() throws {
    for member in node.members ?? [] where !asked.contains(member.key) {
      throw unknownKey(member)
    }
  }

  /// Ends the reading of a file with other people's keys in it: only a key that looks like a misspelling of one that is
  /// absent is an error, and any that was not in the file but set from outside, which means us.
  public func finishAllowingStrangers() throws {
    let absent = asked.filter { node.member($0) == nil }
    for member in node.members ?? [] where !asked.contains(member.key) {
      let isSetFromOutside = member.node.source.file != node.source.file
      let isMisspelt = absent.contains { editDistance($0, member.key) <= 2 }
      if isSetFromOutside || isMisspelt { throw unknownKey(member) }
    }
  }

  private func unknownKey(_ member: ConfigNode.Member) -> InputError {
    let known = asked.filter { node.member($0) == nil } + asked
    let hint =
      nearestWord(to: member.key, among: known).map { "did you mean \"\($0)\"?" }
      ?? "known: \(asked.sorted().joined(separator: ", "))"
    return member.node.error("unknown key \"\(member.key)\"", hint: hint)
  }
}

extension ClosedRange<Double> {
  /// Every finite number above zero.
  public static var positive: Self { .leastNonzeroMagnitude ... .greatestFiniteMagnitude }
  /// Zero and every finite number above it.
  public static var nonNegative: Self { 0 ... .greatestFiniteMagnitude }
}

extension ConfigNode {
  /// This string; any other value is an error.
  public func string() throws -> String {
    guard case .string(let string) = value else { throw error("\(described) is not a string") }
    return string
  }

  /// This true or false; any other value is an error.
  public func bool() throws -> Bool {
    guard case .bool(let bool) = value else { throw error("\(described) is not true or false") }
    return bool
  }

  /// This whole number, within bounds; `meaning` says in the error where the bounds come from.
  public func integer(in range: ClosedRange<Int>, _ meaning: String = "") throws -> Int {
    var found: Int?
    if case .integer(let integer) = value { found = integer }
    if case .number(let number) = value { found = Int(exactly: number) }
    guard let found else { throw error("\(described) is not a whole number") }
    guard range.contains(found) else {
      let upper = range.upperBound == .max ? "or more" : "…\(range.upperBound)"
      let bounds = range.upperBound == .max ? "\(range.lowerBound) \(upper)" : "\(range.lowerBound)\(upper)"
      throw error("\(found) is out of range; expected \(bounds)\(meaning.isEmpty ? "" : ", \(meaning)")")
    }
    return found
  }

  /// This number, within bounds; `meaning` says in the error where the bounds come from.
  public func number(in range: ClosedRange<Double>, _ meaning: String = "") throws -> Double {
    let found: Double
    switch value {
    case .integer(let integer): found = Double(integer)
    case .number(let number): found = number
    default: throw error("\(described) is not a number")
    }
    guard range.contains(found) else {
      throw error("\(described) is out of range; expected \(range.bounds)\(meaning.isEmpty ? "" : ", \(meaning)")")
    }
    return found
  }

  /// The values of this list; any other value is an error.
  public func elements() throws -> [ConfigNode] {
    guard case .array(let items) = value else { throw error("\(described) is not a list") }
    return items
  }
}

extension ClosedRange<Double> {
  fileprivate var bounds: String {
    if self == .positive { return "a number above 0" }
    if self == .nonNegative { return "0 or more" }
    if lowerBound == .leastNonzeroMagnitude { return "above 0, up to \(upperBound)" }
    return "\(lowerBound)…\(upperBound)"
  }
}
