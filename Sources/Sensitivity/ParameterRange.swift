import Base

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The values that a parameter may have.
public enum ParameterRange: Sendable {
  /// Every number between two, alike.
  case linear(ClosedRange<Double>)
  /// Every number between two, equal ratios alike.
  case logarithmic(ClosedRange<Double>)
  /// What the deployment says times every number between two, equal ratios alike.
  case factors(ClosedRange<Double>)
  /// One of several values with a name each; nil is what the deployment says.
  case choices([(name: String, value: ConfigNode.Value?)])

  /// What holds for numbers of a range.
  struct Rules: Sendable {
    /// Whether they are rounded to whole ones.
    var isWhole: Bool
    /// What the high end is brought down to.
    var most: Double
  }

  private static let kinds = ["range", "logRange", "factors", "choices"]

  /// Reads one of `"range": [low, high]`, `"logRange": [low, high]`, `"factors": [low, high]`,
  /// `"choices": {"name": value, ...}`.
  init(reading fields: inout ConfigFields) throws {
    let given = Self.kinds.compactMap { kind in fields.optional(kind).map { (kind, $0) } }
    guard given.count == 1 else {
      throw fields.node.error("\(given.count) of \(Self.kinds.joined(separator: ", ")) are given; expected one")
    }
    let (kind, node) = given[0]
    switch kind {
    case "range": self = .linear(try node.ends(in: -Double.greatestFiniteMagnitude ... .greatestFiniteMagnitude))
    case "logRange": self = .logarithmic(try node.ends(in: .positive))
    case "factors": self = .factors(try node.ends(in: .positive))
    default:
      guard let members = node.members, members.count > 1 else {
        throw node.error("\(node.described) does not name two values or more")
      }
      self = .choices(
        members.map { member in
          if case .null = member.node.value { return (member.key, nil) }
          return (member.key, member.node.value)
        })
    }
  }

  /// The number, or factor, at a share of the range; nil for choices.
  func number(at share: Double) -> Double? {
    switch self {
    case .linear(let ends): ends.lowerBound + share * (ends.upperBound - ends.lowerBound)
    case .logarithmic(let ends), .factors(let ends):
      share == 1 ? ends.upperBound : ends.lowerBound * pow(ends.upperBound / ends.lowerBound, share)
    case .choices: nil
    }
  }

  /// What the choice at a share of the range is called.
  func label(at share: Double) -> String? { choice(at: share)?.name }

  /// What the deployment's own value is called among choices.
  var nameOfPresent: String? {
    guard case .choices(let choices) = self else { return nil }
    return choices.first { $0.value == nil }?.name
  }

  /// The value at a share of the range where a deployment has `current`; a factor leaves null as it is.
  func value(at share: Double, of current: ConfigNode, _ rules: Rules) throws -> ConfigNode.Value {
    guard let number = number(at: share) else { return choice(at: share)?.value ?? current.value }
    var result = number
    if case .factors = self {
      if case .null = current.value { return .null }
      result *= try current.number(in: -Double.greatestFiniteMagnitude ... .greatestFiniteMagnitude)
    }
    result = min(result, rules.most)
    return rules.isWhole ? .integer(Int(result.rounded())) : .number(result)
  }

  private func choice(at share: Double) -> (name: String, value: ConfigNode.Value?)? {
    guard case .choices(let choices) = self else { return nil }
    return choices[min(Int(share * Double(choices.count)), choices.count - 1)]
  }
}

extension ConfigNode {
  /// The two ends of a range, the lower one first.
  fileprivate func ends(in bounds: ClosedRange<Double>) throws -> ClosedRange<Double> {
    let ends = try elements().map { try $0.number(in: bounds) }
    guard ends.count == 2, ends[0] < ends[1] else { throw error("a range is [low, high], two numbers that rise") }
    return ends[0]...ends[1]
  }
}

/// A number to so many significant digits.
func rounded(_ value: Double, digits: Int) -> Double {
  guard value != 0, digits < 16 else { return value }
  let places = digits - 1 - Int(floor(log10(value.magnitude)))
  let power = pow(10, Double(places.magnitude))
  return places < 0 ? (value / power).rounded() * power : (value * power).rounded() / power
}
