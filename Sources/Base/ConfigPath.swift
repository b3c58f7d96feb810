/// The way to values of a configuration tree: keys with dots between them, `[0]` for the first item of a list and `[*]`
/// for every item, as in `engine.experts[*].flopEfficiency`.
public struct ConfigPath: Hashable, Sendable, CustomStringConvertible {
  enum Step: Hashable, Sendable {
    case key(String)
    case item(Int)
    case everyItem
  }

  /// The path as it was written.
  public let description: String
  let steps: [Step]

  /// Reads a path; nil if its brackets hold anything but a number or a star.
  public init?(_ text: String) {
    var steps: [Step] = []
    for part in text.split(separator: ".", omittingEmptySubsequences: false) {
      let pieces = part.split(separator: "[", omittingEmptySubsequences: false)
      if part.first != "[" { steps.append(.key(String(pieces[0]))) }
      for piece in pieces.dropFirst() {
        guard piece.last == "]", let step = Step(inBrackets: piece.dropLast()) else { return nil }
        steps.append(step)
      }
    }
    description = text
    self.steps = steps
  }

  /// Reads a path of a user; wrong brackets are an error that says where they were written.
  public init(_ text: String, writtenIn node: ConfigNode) throws {
    guard let path = ConfigPath(text) else {
      throw node.error("\"\(text)\" is no key path", hint: "items of a list are written [0] or [*]")
    }
    self = path
  }

  /// Whether it begins with a key.
  public func begins(with key: String) -> Bool { steps.first == .key(key) }

  /// Whether it leads into what stands under a key of the root.
  var isInside: Bool { steps.count > 1 }

  static func text(_ steps: ArraySlice<Step>) -> String {
    steps.reduce("") { text, step in
      switch step {
      case .key(let key): text.isEmpty ? key : "\(text).\(key)"
      case .item(let index): "\(text)[\(index)]"
      case .everyItem: "\(text)[*]"
      }
    }
  }
}

extension ConfigPath.Step {
  fileprivate init?(inBrackets text: Substring) {
    if text == "*" {
      self = .everyItem
    } else if let index = Int(text), index >= 0 {
      self = .item(index)
    } else {
      return nil
    }
  }

  /// The items of a list that it leads to; nil if it leads to none.
  fileprivate func items(of list: [ConfigNode]) -> Range<Int>? {
    switch self {
    case .key: nil
    case .item(let index): index < list.count ? index..<index + 1 : nil
    case .everyItem: list.isEmpty ? nil : 0..<list.count
    }
  }
}

extension ConfigNode {
  /// This tree with the value at a key path (`slo.ttftMs`) replaced or added; a step through a value that is no object,
  /// or to an item that a list lacks, is an error.
  public func setting(_ keyPath: String, to new: ConfigNode) throws -> ConfigNode {
    try setting(ConfigPath(keyPath, writtenIn: new), to: new)
  }

  /// The same for a path that has been read.
  public func setting(_ path: ConfigPath, to new: ConfigNode) throws -> ConfigNode {
    try changing(path, askedBy: new.source) { _ in new }
  }

  /// This tree with each value at a path changed by itself; where nothing stands, an empty object is.
  public func changing(
    _ path: ConfigPath, askedBy asker: Source, _ change: (ConfigNode) throws -> ConfigNode
  ) throws -> ConfigNode {
    try changing(path.steps[...], asker, change)
  }

  private func changing(
    _ steps: ArraySlice<ConfigPath.Step>, _ asker: Source, _ change: (ConfigNode) throws -> ConfigNode
  ) throws -> ConfigNode {
    guard let step = steps.first else { return try change(self).moved(to: path) }
    func below(_ node: ConfigNode) throws -> ConfigNode { try node.changing(steps.dropFirst(), asker, change) }
    switch (step, value) {
    case (.key(let key), .object(var members)):
      if let index = members.firstIndex(where: { $0.key == key }) {
        members[index].node = try below(members[index].node)
      } else {
        let empty = ConfigNode(.object([]), source: asker, path: path.isEmpty ? key : "\(path).\(key)")
        members.append(Member(key, try below(empty)))
      }
      return ConfigNode(.object(members), source: source, path: path)
    case (_, .array(var items)):
      guard let chosen = step.items(of: items) else { fallthrough }
      for index in chosen { items[index] = try below(items[index]) }
      return ConfigNode(.array(items), source: source, path: path)
    default:
      throw InputError(
        .usage, file: asker.file, place: path, "\(lack(of: step)), so \"\(ConfigPath.text(steps))\" cannot be set in it"
      )
    }
  }

  /// Why a step leads nowhere.
  private func lack(of step: ConfigPath.Step) -> String {
    if case .key = step { return "\(described) has no keys" }
    guard case .array(let items) = value else { return "\(described) has no items" }
    return "the list has \(items.count) item\(items.count == 1 ? "" : "s")"
  }

  /// All values at a path; a step to nowhere is an error of the node that holds the path, with the nearest key.
  public func values(at path: ConfigPath, writtenIn asker: ConfigNode) throws -> [ConfigNode] {
    var found = [self]
    for (index, step) in path.steps.enumerated() {
      found = try found.flatMap { node in
        if let next = node.values(at: step) { return next }
        let way = path.steps[...index]
        guard case .key = step, let members = node.members else {
          throw asker.error("\(node.lack(of: step)), so there is no \"\(ConfigPath.text(way))\"")
        }
        let known = members.map { ConfigPath.text(way.dropLast() + [.key($0.key)]) }
        throw asker.error(unknown: "key", ConfigPath.text(way), among: known)
      }
    }
    return found
  }

  private func values(at step: ConfigPath.Step) -> [ConfigNode]? {
    if case .key(let key) = step { return member(key).map { [$0] } }
    guard case .array(let items) = value else { return nil }
    return step.items(of: items).map { Array(items[$0]) }
  }
}
