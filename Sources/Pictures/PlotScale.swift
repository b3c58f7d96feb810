#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// An axis: the values it spans, and where they are marked.
public struct PlotScale: Hashable, Sendable {
  /// How values lie along an axis.
  public enum Kind: Hashable, Sendable {
    /// Equal differences are equally far apart.
    case linear
    /// Equal ratios are.
    case logarithmic
  }

  /// How values lie.
  public let kind: Kind
  /// The values at its ends.
  public let range: ClosedRange<Double>
  /// What it says.
  public let title: String
  private let spacing: Double

  /// An axis around values; at least one, and all above zero if ratios count. It ends at marks.
  public init(_ kind: Kind, around values: [Double], title: String) {
    self.kind = kind
    self.title = title
    guard let low = values.min(), let high = values.max() else { preconditionFailure("an axis has values") }
    switch kind {
    case .linear:
      let step = Self.step(low == high ? max(high.magnitude, 1) : high - low)
      let first = (low / step).rounded(.down) * step
      spacing = step
      range = first...max((high / step).rounded(.up) * step, first + step)
    case .logarithmic:
      precondition(low > 0, "only numbers above zero have ratios")
      let first = Self.roundDown(low)
      spacing = 0
      range = first...max(Self.roundUp(high), 10 * first)
    }
  }

  /// An axis of ratios, or of differences where a value is not above zero.
  public init(fitting values: [Double], title: String) {
    self.init(values.allSatisfy { $0 > 0 } ? .logarithmic : .linear, around: values, title: title)
  }

  /// Its ends and its kind, for a script.
  var ends: String { "\(range.lowerBound) \(range.upperBound) \(kind == .linear ? "linear" : "log")" }

  /// Where a value lies: 0 at the beginning, 1 at the end.
  public func position(of value: Double) -> Double {
    switch kind {
    case .linear: (value - range.lowerBound) / (range.upperBound - range.lowerBound)
    case .logarithmic: log(value / range.lowerBound) / log(range.upperBound / range.lowerBound)
    }
  }

  /// Values that are marked: round ones, 1, 2 or 5 times a power of ten.
  public var ticks: [Double] {
    switch kind {
    case .linear:
      let count = Int(((range.upperBound - range.lowerBound) / spacing).rounded())
      return (0...count).map { range.lowerBound + Double($0) * spacing }
    case .logarithmic:
      let first = Int(floor(log10(range.lowerBound) + 1e-9))
      let last = Int(floor(log10(range.upperBound) + 1e-9))
      let mantissas: [Double] = last - first > 3 ? [1] : [1, 2, 5]
      let marks: [Double] = (first...last).flatMap { power -> [Double] in
        let unit = pow(10, Double(power))
        return mantissas.map { $0 * unit }
      }
      let slack = 1e-9
      return marks.filter { $0 >= range.lowerBound * (1 - slack) && $0 <= range.upperBound * (1 + slack) }
    }
  }

  /// 1, 2 or 5 times a power of ten, of which five to ten make a length.
  static func step(_ length: Double) -> Double {
    let power = pow(10, floor(log10(length / 5)))
    let rest = length / 5 / power
    return power * (rest >= 5 ? 5 : rest >= 2 ? 2 : 1)
  }

  private static func roundDown(_ value: Double) -> Double {
    let power = pow(10, floor(log10(value) + 1e-12))
    return [5.0, 2, 1].map { $0 * power }.first { $0 <= value * (1 + 1e-9) } ?? power
  }

  private static func roundUp(_ value: Double) -> Double {
    let power = pow(10, floor(log10(value) + 1e-12))
    return [1.0, 2, 5].map { $0 * power }.first { $0 >= value * (1 - 1e-9) } ?? 10 * power
  }

  /// A marked value as people read it: 20, 0.5, 10k, 5M.
  public static func label(_ value: Double) -> String {
    let units: [(Double, String)] = [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")]
    let unit = units.first { value.magnitude >= $0.0 * (1 - 1e-9) } ?? (1, "")
    let digits = value.magnitude < 1 && value != 0 ? 2 - Int(floor(log10(value.magnitude))) : 3
    let scale = pow(10, Double(digits))
    let short = (value / unit.0 * scale).rounded() / scale
    return (short == short.rounded() ? "\(Int(short))" : "\(short)") + unit.1
  }
}
