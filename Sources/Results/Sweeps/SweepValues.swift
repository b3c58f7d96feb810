import Base

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The values of an axis, as a sweep file writes them: a list, or a range such as `{"from": 1, "to": 8, "step": 1}` or
/// `{"from": 256, "to": 8192, "count": 6, "scale": "log"}`.
struct SweepValues {
  fileprivate enum Scale: String, CaseIterable {
    case linear, log
  }

  /// The values, of which none stands twice.
  let nodes: [ConfigNode]

  init(reading node: ConfigNode) throws {
    if case .array(let items) = node.value {
      nodes = try Self.distinct(items)
    } else {
      nodes = try Self.range(node)
    }
    guard nodes.count <= Sweep.mostPoints else { throw Sweep.tooManyPoints(node) }
  }

  private static func distinct(_ items: [ConfigNode]) throws -> [ConfigNode] {
    var seen: Set<String> = []
    for item in items where !seen.insert(item.canonicalJSON).inserted {
      throw item.error("\(item.canonicalJSON) stands twice in the list")
    }
    return items
  }

  private static func range(_ node: ConfigNode) throws -> [ConfigNode] {
    guard node.members != nil else { throw node.error("\(node.described) is neither a list nor a range") }
    var fields = try ConfigFields(node)
    let ends = (from: try fields.required("from"), to: try fields.required("to"))
    let step = fields.optional("step")
    let scale: Scale = try fields.optional("scale")?.word("scale") ?? .linear
    let count = try fields.optional("count")?.integer(in: 2...Sweep.mostPoints)
    let unit = try fields.optional("multipleOf")?.number(in: .positive)
    try fields.finish()
    let from = try ends.from.number(in: .finite)
    let to = try ends.to.number(in: .finite)
    let values: [Double]
    switch (step, count, scale) {
    case (let step?, nil, .linear): values = try steps(from, to, step)
    case (nil, let count?, .linear): values = (0..<count).map { from + (to - from) * Double($0) / Double(count - 1) }
    case (nil, let count?, .log):
      guard from > 0, to > 0 else { throw node.error("only numbers above 0 have a log scale") }
      values = (0..<count).map { from * pow(to / from, Double($0) / Double(count - 1)) }
    default:
      throw node.error("a range has either \"step\", or \"count\" and perhaps \"scale\": \"log\"")
    }
    return distinctNumbers(values, multiplesOf: unit).map { ConfigNode($0, source: node.source) }
  }

  /// `from`, `from + step` and so on, none beyond `to`.
  private static func steps(_ from: Double, _ to: Double, _ node: ConfigNode) throws -> [Double] {
    let step = try node.number(in: .finite)
    guard step != 0, (to - from) / step >= 0 else {
      throw node.error("a step of \(node.described) never comes from \(exact(from)) to \(exact(to))")
    }
    // What is a whole number of steps may come out a rounding error below it.
    let count = ((to - from) / step + 1e-9).rounded(.down) + 1
    guard count <= Double(Sweep.mostPoints) else { throw Sweep.tooManyPoints(node) }
    return (0..<Int(count)).map { from + Double($0) * step }
  }

  /// The numbers as a person would write them, rounded to multiples if that is asked for; equal neighbours are one.
  private static func distinctNumbers(_ values: [Double], multiplesOf unit: Double?) -> [ConfigNode.Value] {
    var found: [Double] = []
    for value in values {
      let rounded = twelveDigits(unit.map { (value / $0).rounded() * $0 } ?? value)
      if found.last != rounded { found.append(rounded) }
    }
    return found.map { value in Int(exactly: value).map { .integer($0) } ?? .number(value) }
  }

  /// The nearest number with twelve decimal digits, which takes away what binary fractions add: 0.1 + 0.2 is 0.3.
  private static func twelveDigits(_ value: Double) -> Double {
    guard value != 0 else { return 0 }
    let places = 11 - Int(floor(log10(value.magnitude)))
    let power = pow(10, Double(places.magnitude))
    return places >= 0 ? (value * power).rounded() / power : (value / power).rounded() * power
  }
}

extension ClosedRange<Double> {
  /// Every finite number.
  static var finite: Self { -.greatestFiniteMagnitude ... .greatestFiniteMagnitude }
}
