import Base
import Sim

/// Many runs of one deployment: a base, what is changed in all of it, and axes along which it is changed further. Axes are
/// crossed; the first one turns slowest.
public struct Sweep: Sendable {
  /// Keys that are no part of a deployment: what is served, and under which policy.
  static let workloadKeys = ["policy", "trace", "rate", "requests"]
  static let mostPoints = 1_000_000

  /// A point's key and value.
  struct Setting: Sendable {
    var key: String
    var value: ConfigNode
  }

  /// Its name, which its files have, too.
  public let name: String
  /// The deployment that it begins with.
  let base: ConfigNode
  /// What all points share.
  let fixed: [Setting]
  /// The axes in the order of the file.
  let steps: [SweepStep]
  /// What it looks for.
  public let frontiers: [SweepFrontier]
  /// The sweep as canonical JSON.
  public let definition: String
  /// For each point the place of its value on each axis; nil where the axis does not apply.
  private let points: [[Int?]]

  /// How many points it has, numbered from 1.
  public var pointCount: Int { points.count }

  /// The sweep of a file.
  public init(reading node: ConfigNode) throws {
    var fields = try ConfigFields(node)
    fields.ignore("description", "sources")
    name = try fields.required("name").fileName()
    base = try fields.required("base")
    fixed = try Self.readFixed(&fields)
    for setting in fixed { try Self.check(setting.key, setting.value) }
    steps = try Self.readSteps(fields.required("axes"), fixed: fixed)
    frontiers = try SweepFrontier.all(reading: fields.optional("frontiers"), known: Self.known(fixed, steps))
    try fields.finish()
    definition = node.canonicalJSON
    points = try Self.expanded(steps, fixed: fixed, axes: fields.required("axes"))
    for key in ["policy", "trace"] {
      if let number = (1...points.count).first(where: { self.text(of: key, at: $0) == nil }) {
        throw node.error("point \(number) has no \"\(key)\"", hint: "give it a value for all points, or an axis")
      }
    }
  }

  /// The axes in the order of the file, zipped or not.
  var axes: [SweepAxis] { steps.flatMap(\.axes) }

  /// All that may stand under a key, each value once.
  func values(of key: String) -> [ConfigNode] {
    let all = fixed.filter { $0.key == key }.map(\.value) + axes.filter { $0.key == key }.flatMap(\.values)
    return all.reduce(into: []) { found, value in
      if !found.contains(where: { $0.settingText == value.settingText }) { found.append(value) }
    }
  }

  /// The keys that tell its points apart, and what all share of what is served; each once, in the order of the file.
  var columns: [String] {
    let shared = (Self.workloadKeys + ["seed"]).filter { key in fixed.contains { $0.key == key } }
    return axes.map(\.key).reduce(into: shared) { if !$0.contains($1) { $0.append($1) } }
  }

  /// What the axes set at a point.
  func settings(at number: Int) -> [Setting] {
    zip(axes, points[number - 1]).compactMap { axis, place in
      place.map { Setting(key: axis.key, value: axis.values[$0]) }
    }
  }

  /// What stands under a key at a point; nil where nothing was said.
  func value(of key: String, at number: Int) -> ConfigNode? {
    (settings(at: number) + fixed).first { $0.key == key }?.value
  }

  /// The same as text.
  func text(of key: String, at number: Int) -> String? { value(of: key, at: number)?.settingText }

  /// Whether a point meets conditions.
  func meets(_ conditions: [SweepCondition], at number: Int) -> Bool {
    conditions.allSatisfy { condition in text(of: condition.key, at: number).map(condition.texts.contains) ?? false }
  }

  /// A point's settings in one line, for people.
  public func summary(of number: Int) -> String {
    settings(at: number).map { "\($0.key)=\($0.value.settingText)" }.joined(separator: " ")
  }

  /// The points of one of several shards, which take turns.
  public func points(ofShard index: Int, of count: Int) -> [Int] {
    Array(stride(from: index, through: pointCount, by: count))
  }

  static func tooManyPoints(_ node: ConfigNode) -> InputError {
    node.error("the sweep has more than \(grouped(Double(mostPoints), decimals: 0)) points")
  }
}

extension Sweep {
  private static func readFixed(_ fields: inout ConfigFields) throws -> [Setting] {
    var fixed: [Setting] = []
    for key in workloadKeys + ["seed"] {
      if let value = fields.optional(key) { fixed.append(Setting(key: key, value: value)) }
    }
    if let more = fields.optional("set") {
      fixed += try ConfigFields(more).node.members?.map { Setting(key: $0.key, value: $0.node) } ?? []
    }
    return fixed
  }

  private static func readSteps(_ list: ConfigNode, fixed: [Setting]) throws -> [SweepStep] {
    var steps: [SweepStep] = []
    for node in try list.elements() {
      let step = try SweepStep(reading: node, known: known(fixed, steps))
      for axis in step.axes {
        if fixed.contains(where: { $0.key == axis.key }) {
          throw axis.keyNode.error("\"\(axis.key)\" has one value for all points already")
        }
        try check(axis, after: steps + [step], fixed: fixed)
      }
      steps.append(step)
    }
    guard !steps.isEmpty else { throw list.error("the list is empty; expected an axis") }
    return steps
  }

  /// What is served must be possible; a setting of a policy needs to know which one runs.
  private static func check(_ axis: SweepAxis, after steps: [SweepStep], fixed: [Setting]) throws {
    for value in axis.values { try check(axis.key, value) }
    guard axis.policy != nil else { return }
    let keys = fixed.map(\.key) + steps.flatMap(\.axes).map(\.key)
    guard keys.contains("policy") else {
      throw axis.keyNode.error(
        "\"\(axis.key)\" stands before the policy is known", hint: "put the axis \"policy\" first")
    }
  }

  private static func check(_ key: String, _ value: ConfigNode) throws {
    switch key {
    case "policy":
      let known = comparables.map(\.name)
      guard known.contains(try value.string()) else {
        throw value.error(unknown: "policy", try value.string(), among: known)
      }
    case "trace": _ = try value.string()
    case "rate": _ = try value.number(in: .positive)
    case "requests": _ = try value.integer(in: 1...1_000_000_000)
    default: break
    }
  }

  private static func known(_ fixed: [Setting], _ steps: [SweepStep]) -> [SweepSettings] {
    fixed.map { ($0.key, [$0.value.settingText]) } + steps.flatMap(\.axes).map { ($0.key, $0.texts) }
  }
}
