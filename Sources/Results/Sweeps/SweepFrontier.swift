import Base

/// What a sweep looks for: the points that no other point beats in all objectives at once.
public struct SweepFrontier: Sendable {
  /// A metric and the direction in which it is better.
  public struct Objective: Sendable {
    /// The place of the metric among ``Metric/all``.
    let place: Int
    /// Whether more of it is better.
    public let isMaximized: Bool

    /// The metric.
    public var metric: Metric { Metric.all[place] }
  }

  /// Its name.
  public let name: String
  /// What counts; the first one orders the points.
  public let objectives: [Objective]
  /// Keys whose values have a frontier each.
  public let keys: [String]
  /// Which points take part.
  let conditions: [SweepCondition]

  /// What the points that take part have in common, for people: `rate 1.3`.
  public var scope: [String] { conditions.map { "\($0.key) \($0.texts.joined(separator: " or "))" } }

  /// The frontiers of a list, each with a name of its own.
  static func all(reading list: ConfigNode?, known: [SweepSettings]) throws -> [SweepFrontier] {
    try (list?.elements() ?? []).reduce(into: []) { frontiers, node in
      let frontier = try SweepFrontier(reading: node, known: known)
      guard !frontiers.contains(where: { $0.name == frontier.name }) else {
        throw node.error("two frontiers are called \"\(frontier.name)\"")
      }
      frontiers.append(frontier)
    }
  }

  private init(reading node: ConfigNode, known: [SweepSettings]) throws {
    var fields = try ConfigFields(node)
    name = try fields.required("name").fileName()
    let list = try fields.required("objectives")
    objectives = try list.elements().map { try Objective(reading: $0) }
    guard !objectives.isEmpty else { throw list.error("the list is empty; expected objectives") }
    keys = try (fields.optional("by")?.elements() ?? []).map { node in
      let key = try node.string()
      guard known.contains(where: { $0.key == key }) else {
        throw node.error(unknown: "axis with the key", key, among: known.map(\.key))
      }
      return key
    }
    conditions = try SweepCondition.all(reading: fields.optional("where"), known: known)
    try fields.finish()
  }
}

extension SweepFrontier.Objective {
  /// `{"min": "ttft_p99_ms"}` or `{"max": "goodput_rps"}`.
  fileprivate init(reading node: ConfigNode) throws {
    var fields = try ConfigFields(node)
    let (least, most) = (fields.optional("min"), fields.optional("max"))
    try fields.finish()
    guard let name = least ?? most, least == nil || most == nil else {
      throw node.error("expected a metric under either \"min\" or \"max\"")
    }
    isMaximized = least == nil
    let word = try name.string()
    guard let place = Metric.all.firstIndex(where: { $0.name == word }) else {
      throw name.error(unknown: "metric", word, among: Metric.all.map(\.name))
    }
    self.place = place
  }
}

/// The places of the vectors that no other one dominates, in ascending order of their numbers, smaller numbers being
/// better. One dominates another if it is nowhere larger and somewhere smaller, so equal ones stand or fall together. A
/// vector that lacks a number or has a NaN neither dominates nor is on the frontier.
public func nonDominated(_ vectors: [[Double?]]) -> [Int] {
  let whole = vectors.enumerated().compactMap { place, vector in
    let numbers = vector.compactMap { $0.flatMap { $0.isNaN ? nil : $0 } }
    return numbers.count == vector.count ? (place: place, numbers: numbers) : nil
  }
  let sorted = whole.sorted { left, right in
    left.numbers == right.numbers
      ? left.place < right.place : left.numbers.lexicographicallyPrecedes(right.numbers)
  }
  // Whatever dominates a vector stands before it, and what dominates that one does so, too.
  var frontier: [(place: Int, numbers: [Double])] = []
  for candidate in sorted where !frontier.reversed().contains(where: { dominates($0.numbers, candidate.numbers) }) {
    frontier.append(candidate)
  }
  return frontier.map(\.place)
}

private func dominates(_ one: [Double], _ other: [Double]) -> Bool {
  zip(one, other).allSatisfy { $0 <= $1 } && one != other
}
