import Base

/// A length of which every whole number of tokens within bounds is equally likely.
public struct UniformLength: LengthDistribution {
  /// `uniform`.
  public static let name = "uniform"
  /// What `lpsim list` says of it.
  public static let summary = "every whole number from min to max"

  private let least: Double
  private let count: Double

  /// Reads `min` and `max`, in tokens, both included.
  public init(reading fields: inout ConfigFields) throws {
    let least = try fields.integer("min", in: 1...longestLength, "tokens")
    let most = try fields.integer("max", in: least...longestLength, "from min up")
    self.least = Double(least)
    count = Double(most - least + 1)
  }

  /// A length in whole tokens.
  public func draw(from random: inout SeededRandom) -> Double { least + (random.uniform() * count).rounded(.down) }
}
