import Yams

extension ConfigNode {
  /// The tree of a JSON file. Read through a YAML parser, of which JSON is a part, because it knows lines and columns.
  public init(parsing text: String, file: String) throws {
    try refuseDeepNesting(text, file: file)
    let root: Yams.Node?
    do {
      root = try Yams.compose(yaml: text)
    } catch let error as YamlError {
      throw InputError(syntax: error, file: file)
    }
    guard let root else { throw InputError(.config, file: file, "the file is empty; expected a JSON object") }
    var budget = 1_000_000
    try self.init(root, file: file, path: "", budget: &budget)
  }

  /// The tree of the JSON file at a path.
  public init(contentsOf file: String) throws { try self.init(parsing: readTextFile(file), file: file) }

  /// The value after the `=` of `--set key=value`: JSON where it is JSON, otherwise a string.
  public init(argument text: String, option: String) throws {
    if let first = text.first, "[{\"".contains(first) {
      try self.init(parsing: text, file: option)
    } else {
      self.init(scalar(text) ?? .string(text), source: Source(file: option))
    }
  }

  private init(_ node: Yams.Node, file: String, path: String, budget: inout Int) throws {
    let position = node.mark.map { Source.Position(line: $0.line, column: $0.column) }
    self.init(.null, source: Source(file: file, position: position), path: path)
    budget -= 1
    guard budget > 0 else { throw error("the file has over a million values") }
    switch node {
    case .scalar(let text) where text.style == .doubleQuoted || text.style == .singleQuoted:
      value = .string(text.string)
    case .scalar(let text):
      guard let plain = scalar(text.string) else {
        throw error("\(text.string) is not JSON", hint: "strings stand in double quotes")
      }
      value = plain
    case .sequence(let items):
      var list = [ConfigNode]()
      for (index, item) in items.enumerated() {
        list.append(try ConfigNode(item, file: file, path: "\(path)[\(index)]", budget: &budget))
      }
      value = .array(list)
    case .mapping(let pairs):
      var members = [Member]()
      for (key, item) in pairs {
        guard let key = key.string else { throw error("a key is not a string") }
        let below = path.isEmpty ? key : "\(path).\(key)"
        members.append(Member(key, try ConfigNode(item, file: file, path: below, budget: &budget)))
      }
      value = .object(members)
    case .alias:
      throw error("a YAML alias is not JSON")
    }
  }
}

/// A plain word of JSON: null, true, false or a finite number.
private func scalar(_ text: String) -> ConfigNode.Value? {
  switch text {
  case "null": return .null
  case "true": return .bool(true)
  case "false": return .bool(false)
  default: break
  }
  guard let first = text.utf8.first, first == UInt8(ascii: "-") || (48...57).contains(first) else { return nil }
  guard text.utf8.allSatisfy({ "0123456789+-.eE".utf8.contains($0) }) else { return nil }
  if let integer = Int(text) { return .integer(integer) }
  guard let number = Double(text), number.isFinite else { return nil }
  return .number(number)
}

/// The parser recurses, so a hostile file could exhaust the stack; no configuration nests as deep as this allows.
private func refuseDeepNesting(_ text: String, file: String) throws {
  var depth = 0
  for byte in text.utf8 {
    if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") { depth += 1 }
    if byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]") { depth -= 1 }
    guard depth <= 64 else { throw InputError(.config, file: file, "brackets nest deeper than 64 levels") }
  }
}

extension InputError {
  fileprivate init(syntax error: YamlError, file: String) {
    func at(_ mark: Mark) -> String { "line \(mark.line), column \(mark.column)" }
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      self.init(.config, file: file, place: at(mark), "not JSON: \(problem)")
    case .duplicatedKeysInMapping(let duplicates, let context):
      let keys = duplicates.map { "\"\($0)\"" }.joined(separator: ", ")
      self.init(.config, file: file, place: at(context.mark), "the key \(keys) stands twice in one object")
    case .reader(let problem, _, _, _):
      self.init(.config, file: file, "not text: \(problem)")
    default:
      self.init(.config, file: file, "not JSON")
    }
  }
}
