#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A factor that depends on a number of tokens: known at some, linear in their logarithm between two, constant beyond.
public struct TokenCurve: Hashable, Sendable {
  /// The factor at so many tokens.
  public struct Knot: Hashable, Sendable {
    /// Tokens.
    public var tokens: Int
    /// The factor.
    public var factor: Double

    /// A knot.
    public init(tokens: Int, factor: Double) {
      self.tokens = tokens
      self.factor = factor
    }
  }

  /// The knots by ascending tokens, at least one.
  public let knots: [Knot]

  /// A curve through knots.
  public init(_ knots: [Knot]) {
    precondition(!knots.isEmpty, "a curve has a knot")
    precondition(zip(knots, knots.dropFirst()).allSatisfy { $0.tokens < $1.tokens }, "knots ascend")
    self.knots = knots
  }

  /// The factor at so many tokens.
  public func factor(at tokens: Int) -> Double {
    Self.weights(at: tokens, among: knots.map(\.tokens)).reduce(0) { $0 + $1.weight * knots[$1.knot].factor }
  }

  /// The one or two knots that count at so many tokens, and how much; weights sum to 1.
  public static func weights(at tokens: Int, among knots: [Int]) -> [(knot: Int, weight: Double)] {
    guard let next = knots.firstIndex(where: { $0 >= tokens }) else { return [(knots.count - 1, 1)] }
    guard next > 0, knots[next] > tokens else { return [(next, 1)] }
    let span = log2(Double(knots[next]) / Double(knots[next - 1]))
    let share = log2(Double(tokens) / Double(knots[next - 1])) / span
    return [(next - 1, 1 - share), (next, share)]
  }
}
