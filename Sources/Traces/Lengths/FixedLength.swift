import Base

/// A length that is always the same.
public struct FixedLength: LengthDistribution {
  /// `fixed`.
  public static let name = "fixed"
  /// What `lpsim list` says of it.
  public static let summary = "always the same number of tokens"

  private let tokens: Double

  /// Reads `tokens`.
  public init(reading fields: inout ConfigFields) throws {
    tokens = Double(try fields.integer("tokens", in: 1...longestLength))
  }

  /// The length.
  public func draw(from random: inout SeededRandom) -> Double { tokens }
}
