/// A value of a configuration file that remembers where it stands, so that every complaint can name the place.
public struct ConfigNode: Sendable {
  /// What JSON can say.
  public enum Value: Sendable {
    /// `null`.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A whole number that fits an Int.
    case integer(Int)
    /// Any other finite number.
    case number(Double)
    /// A string.
    case string(String)
    /// A list.
    case array([ConfigNode])
    /// Keys and values in the order of the file.
    case object([Member])
  }

  /// One key of an object with its value.
  public struct Member: Sendable {
    /// The key.
    public var key: String
    /// What stands under the key.
    public var node: ConfigNode

    /// The member `key: node`.
    public init(_ key: String, _ node: ConfigNode) {
      self.key = key
      self.node = node
    }
  }

  /// Where a value was written.
  public struct Source: Hashable, Sendable {
    /// The file, or the command-line option.
    public var file: String
    /// Line and column from 1; nil for a value that stands in no file.
    public var position: Position?

    /// A line and a column, both from 1.
    public struct Position: Hashable, Sendable {
      /// The line.
      public var line: Int
      /// The column.
      public var column: Int

      /// A place in a text.
      public init(line: Int, column: Int) {
        self.line = line
        self.column = column
      }
    }

    /// A place in a file.
    public init(file: String, position: Position? = nil) {
      self.file = file
      self.position = position
    }
  }

  /// The value.
  public var value: Value
  /// Where it was written.
  public var source: Source
  /// The keys that lead to it, such as `slo.ttftMs`; empty at the root.
  public var path: String

  /// A value at a place.
  public init(_ value: Value, source: Source, path: String = "") {
    self.value = value
    self.source = source
    self.path = path
  }
}

extension ConfigNode {
  /// The members of an object; nil for any other value.
  public var members: [Member]? {
    if case .object(let members) = value { return members }
    return nil
  }

  /// What stands under a key of this object; nil if this is no object or has no such key.
  public func member(_ key: String) -> ConfigNode? { members?.first { $0.key == key }?.node }

  /// This object with the members of `base` that it lacks; objects within are completed likewise, any other value of
  /// this node stands.
  public func completed(from base: ConfigNode) -> ConfigNode {
    guard var mine = members, let theirs = base.members else { return self }
    for (index, member) in mine.enumerated() {
      if let fallback = base.member(member.key) { mine[index].node = member.node.completed(from: fallback) }
    }
    mine += theirs.filter { member($0.key) == nil }
    return ConfigNode(.object(mine), source: source, path: path)
  }

  /// The same tree, standing under another key path.
  public func moved(to path: String) -> ConfigNode {
    func below(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }
    var moved = self
    moved.path = path
    switch value {
    case .object(let members):
      moved.value = .object(members.map { Member($0.key, $0.node.moved(to: below($0.key))) })
    case .array(let items):
      moved.value = .array(items.enumerated().map { $1.moved(to: "\(path)[\($0)]") })
    default: break
    }
    return moved
  }

  /// The value as an error message shows it.
  public var described: String {
    switch value {
    case .null: "null"
    case .bool(let bool): "\(bool)"
    case .integer(let integer): "\(integer)"
    case .number(let number): "\(number)"
    case .string(let string): "\"\(string)\""
    case .array: "a list"
    case .object: "an object"
    }
  }

  /// A complaint about this value that names its file, line, column and key path.
  public func error(_ problem: String, hint: String = "", status: InputError.Status = .config) -> InputError {
    let position = source.position.map { "line \($0.line), column \($0.column)" } ?? ""
    let place = [position, path].filter { !$0.isEmpty }.joined(separator: ": ")
    return InputError(status, file: source.file, place: place, problem, hint: hint)
  }

  /// A complaint that this name is none of the known ones, with the nearest of them.
  public func error(
    unknown kind: String, _ name: String, among known: [String], status: InputError.Status = .config
  ) -> InputError {
    let plain = InputError.unknown(kind, name, among: known)
    return error(plain.problem, hint: plain.hint, status: status)
  }
}
