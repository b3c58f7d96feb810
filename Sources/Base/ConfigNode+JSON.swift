extension ConfigNode {
  /// The tree as JSON on one line with its keys sorted: equal settings give equal text, however they were written.
  public var canonicalJSON: String {
    switch value {
    case .array(let items): "[" + items.map(\.canonicalJSON).joined(separator: ",") + "]"
    case .object(let members):
      "{"
        + members.sorted { $0.key < $1.key }
        .map { jsonString($0.key) + ":" + $0.node.canonicalJSON }
        .joined(separator: ",") + "}"
    default: scalarJSON
    }
  }

  /// The tree as indented JSON in the order of its files, for people.
  public func prettyJSON(indent: Int = 0) -> String {
    let inner = String(repeating: " ", count: indent + 2)
    let outer = String(repeating: " ", count: indent)
    switch value {
    case .array(let items) where items.allSatisfy(\.isScalar):
      return "[" + items.map(\.scalarJSON).joined(separator: ", ") + "]"
    case .array(let items):
      return "[\n" + items.map { inner + $0.prettyJSON(indent: indent + 2) }.joined(separator: ",\n") + "\n\(outer)]"
    case .object(let members) where members.isEmpty: return "{}"
    case .object(let members):
      let lines = members.map { inner + jsonString($0.key) + ": " + $0.node.prettyJSON(indent: indent + 2) }
      return "{\n" + lines.joined(separator: ",\n") + "\n\(outer)}"
    default: return scalarJSON
    }
  }

  /// Whether this is neither a list nor an object.
  var isScalar: Bool {
    switch value {
    case .array, .object: false
    default: true
    }
  }

  private var scalarJSON: String {
    if case .string(let string) = value { return jsonString(string) }
    return described
  }
}

/// A string as JSON writes it, quotes and escapes included.
public func jsonString(_ text: String) -> String {
  var json = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"": json += "\\\""
    case "\\": json += "\\\\"
    case "\n": json += "\\n"
    case "\t": json += "\\t"
    case "\r": json += "\\r"
    case _ where scalar.value < 0x20:
      let hex = String(scalar.value, radix: 16)
      json += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
    default: json.unicodeScalars.append(scalar)
    }
  }
  return json + "\""
}
