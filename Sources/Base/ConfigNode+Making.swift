extension ConfigNode {
  /// A value that stands in no file, for output.
  public init(made value: Value) { self.init(value, source: Source(file: "")) }

  /// An object with these keys, in this order.
  public static func object(_ members: [(String, ConfigNode)]) -> ConfigNode {
    ConfigNode(made: .object(members.map { Member($0.0, $0.1) }))
  }

  /// A list.
  public static func list(_ items: [ConfigNode]) -> ConfigNode { ConfigNode(made: .array(items)) }

  /// A string.
  public static func text(_ text: String) -> ConfigNode { ConfigNode(made: .string(text)) }

  /// A whole number.
  public static func whole(_ value: Int) -> ConfigNode { ConfigNode(made: .integer(value)) }

  /// A number; null for none.
  public static func number(_ value: Double?) -> ConfigNode { ConfigNode(made: value.map { .number($0) } ?? .null) }
}
