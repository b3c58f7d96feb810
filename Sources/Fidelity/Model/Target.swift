import Base

/// What the errors of some figures should stay below.
public struct Target: Hashable, Sendable {
  /// Which error of several counts.
  public enum Statistic: String, CaseIterable, Sendable {
    /// The largest.
    case worst
    /// The median.
    case median
    /// None: what counts is on which side of zero each figure lies.
    case sign
  }

  /// What should hold, in a phrase.
  public var title: String
  /// What was found.
  public var found: String
  /// Whether it holds.
  public var isMet: Bool
}

/// A target as a reference file states it.
struct TargetSpec: Sendable {
  private let title: String
  private let quantities: [String]
  private let settings: [String]
  private let statistic: Target.Statistic
  private let limit: Double?
  private let source: ConfigNode

  /// Reads a target: the largest or median error of figures with one of these quantities and, if any are named, one of
  /// these settings.
  init(reading node: ConfigNode) throws {
    var fields = try ConfigFields(node)
    source = node
    title = try fields.string("title")
    quantities = try fields.required("quantities").strings()
    settings = try fields.optional("settings")?.strings() ?? []
    statistic = try fields.word("statistic", "statistic")
    limit = statistic == .sign ? nil : try fields.number("limit", in: .positive)
    try fields.finish()
  }

  /// Whether these figures meet it. Fitted ones count only where there are no others.
  func check(_ figures: [ComparedFigure]) throws -> Target {
    let meant = figures.filter {
      (quantities.isEmpty || quantities.contains($0.quantity))
        && (settings.isEmpty || settings.contains($0.setting))
    }.counted
    guard let first = meant.first, let largest = meant.errors.last else {
      throw source.error("no figure is called like this target's quantities and settings")
    }
    guard let limit else {
      let right = meant.count { ($0.simulated < 0) == ($0.reference < 0) }
      return Target(title: title, found: "\(right) of \(meant.count)", isMet: right == meant.count)
    }
    let found = statistic == .worst ? largest : median(meant.errors)
    let unit = first.isInPoints ? "points" : "%"
    let fitted = first.role == .fitted ? " (fitted)" : ""
    return Target(title: title, found: "\(decimal(found, digits: 1)) \(unit)\(fitted)", isMet: found <= limit)
  }
}

extension ConfigNode {
  /// A list of strings.
  func strings() throws -> [String] { try elements().map { try $0.string() } }
}

extension ConfigFields {
  /// One of the words of an enumeration.
  mutating func word<Word: RawRepresentable<String> & CaseIterable>(_ key: String, _ noun: String) throws -> Word {
    try required(key).word(noun)
  }

  /// The same where the key may be absent.
  mutating func word<Word: RawRepresentable<String> & CaseIterable>(
    _ key: String, _ noun: String, default fallback: Word
  ) throws -> Word {
    optional(key) == nil ? fallback : try word(key, noun)
  }
}
