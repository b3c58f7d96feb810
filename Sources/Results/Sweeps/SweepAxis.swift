import Base
import Sim

/// A key of a configuration with the values that it takes.
struct SweepAxis: Sendable {
  /// The key path, or one of ``Sweep/workloadKeys``.
  let key: String
  /// Where the file names the key.
  let keyNode: ConfigNode
  /// Its values.
  let values: [ConfigNode]
  /// The values as text by which they are compared.
  let texts: [String]
  /// For each value the place of the first one that equals it.
  let places: [Int]
  /// The policy whose setting it is: it applies only where that one runs.
  let policy: String?

  init(_ keyNode: ConfigNode, values: [ConfigNode]) throws {
    self.keyNode = keyNode
    self.values = values
    key = try keyNode.string()
    guard !values.isEmpty else { throw keyNode.error("\"\(key)\" has no values") }
    texts = values.map(\.settingText)
    var firsts: [String: Int] = [:]
    places = texts.enumerated().map { place, text in
      let first = firsts[text] ?? place
      firsts[text] = first
      return first
    }
    let parts = key.split(separator: ".")
    policy = parts.count > 2 && parts[0] == "policies" ? String(parts[1]) : nil
  }
}

/// A condition: a key has one of some values.
struct SweepCondition: Sendable {
  /// The key.
  let key: String
  /// What it must be.
  let texts: [String]
  /// Where the file says so.
  let node: ConfigNode

  /// The conditions of a `where`.
  /// - Parameter known: what may be asked for; a key that several axes have stands there as often.
  static func all(reading node: ConfigNode?, known: [SweepSettings]) throws -> [SweepCondition] {
    guard let node else { return [] }
    return try ConfigFields(node).node.members?.map { member in
      let settings = known.filter { $0.key == member.key }
      guard !settings.isEmpty else {
        throw member.node.error(unknown: "axis above with the key", member.key, among: known.map(\.key))
      }
      let asked = if case .array(let items) = member.node.value { items } else { [member.node] }
      let texts = settings.flatMap(\.texts)
      for value in asked where !texts.contains(value.settingText) {
        throw value.error(unknown: "value of \(member.key)", value.settingText, among: texts)
      }
      return SweepCondition(key: member.key, texts: asked.map(\.settingText), node: member.node)
    } ?? []
  }
}

/// A key and the texts of what it may be.
typealias SweepSettings = (key: String, texts: [String])

/// Axes that go together value by value, or one by itself.
struct SweepStep: Sendable {
  /// The axes, all with as many values.
  let axes: [SweepAxis]
  /// Where it applies; elsewhere its keys are left as they are.
  let conditions: [SweepCondition]

  /// How many values each axis has.
  var count: Int { axes[0].values.count }

  init(reading node: ConfigNode, known: [SweepSettings]) throws {
    var fields = try ConfigFields(node)
    if let zip = fields.optional("zip") {
      axes = try zip.elements().map { item in
        var fields = try ConfigFields(item)
        let axis = try SweepAxis(reading: &fields, isZipped: true)
        try fields.finish()
        return axis
      }
      guard let first = axes.first else { throw zip.error("the list is empty") }
      for axis in axes where axis.values.count != first.values.count {
        throw axis.keyNode.error(
          "\"\(axis.key)\" and \"\(first.key)\" have \(axis.values.count) and \(first.values.count) values",
          hint: "axes that are zipped have as many")
      }
    } else {
      axes = [try SweepAxis(reading: &fields, isZipped: false)]
    }
    conditions = try SweepCondition.all(reading: fields.optional("where"), known: known)
    try fields.finish()
  }
}

extension SweepAxis {
  /// Of axes that are zipped one may have a value twice.
  fileprivate init(reading fields: inout ConfigFields, isZipped: Bool) throws {
    let key = try fields.required("key")
    let values = try fields.required("values")
    if isZipped, case .array(let items) = values.value {
      try self.init(key, values: items)
    } else {
      try self.init(key, values: SweepValues(reading: values).nodes)
    }
  }
}

extension ConfigNode {
  /// A value as a table shows it: JSON, and strings without quotes.
  var settingText: String {
    if case .string(let string) = value { return string }
    return canonicalJSON
  }

  /// A string that can name a file.
  func fileName() throws -> String {
    let name = try string()
    guard !name.isEmpty, !name.contains("/") else { throw error("\"\(name)\" cannot name a file") }
    return name
  }
}
