import Base
import Results

/// An assumption that may be off: a key of the deployment or of the trace's recipe, and the values that it may have.
public struct Parameter: Sendable {
  /// The key, as `--set` takes it.
  public let key: ConfigPath
  /// The values that it may have.
  public let range: ParameterRange
  /// Where the range comes from.
  public let why: String
  /// Whether a deployment may lack the key.
  let isOptional: Bool
  private let rules: ParameterRange.Rules
  private let node: ConfigNode

  /// Reads an entry of a parameter file.
  init(reading node: ConfigNode) throws {
    var fields = try ConfigFields(node)
    self.node = try fields.required("key")
    key = try ConfigPath(self.node.string(), writtenIn: self.node)
    why = try fields.string("why")
    isOptional = try fields.optional("ifPresent")?.bool() ?? false
    rules = ParameterRange.Rules(
      isWhole: try fields.optional("whole")?.bool() ?? false,
      most: try fields.optional("atMost")?.number(in: .positive) ?? .infinity)
    range = try ParameterRange(reading: &fields)
    try fields.finish()
  }

  /// What stands at the key in a deployment; a key that is not there is an error.
  func values(in tree: ConfigNode) throws -> [ConfigNode] { try tree.values(at: key, writtenIn: node) }

  /// A deployment with the value at a share of the range: 0 is its low end, 1 its high end.
  func set(to share: Double, in tree: ConfigNode) throws -> ConfigNode {
    try tree.changing(key, askedBy: node.source) { current in
      // A complaint about the new value names the file of ranges.
      ConfigNode(try range.value(at: share, of: current, rules), source: node.source)
    }
  }

  /// The value at a share of the range, or of the deployment as it is, with so many significant digits; where items of a
  /// list differ, the factor that they have in common.
  func text(at share: Double?, in tree: ConfigNode, digits: Int = 4) throws -> String {
    if let name = share.map({ range.label(at: $0) }) ?? range.nameOfPresent { return name }
    var changed = tree
    if let share { changed = try set(to: share, in: tree) }
    let texts = try values(in: changed).map { $0.text(digits: digits) }
    if texts.allSatisfy({ $0 == texts[0] }) { return texts[0] }
    return "x" + exact(rounded(share.flatMap { range.number(at: $0) } ?? 1, digits: digits))
  }
}

extension ConfigNode {
  /// The value for people: numbers that are not whole with so many significant digits.
  fileprivate func text(digits: Int) -> String {
    if case .number(let number) = value { return exact(rounded(number, digits: digits)) }
    return canonicalJSON
  }
}
