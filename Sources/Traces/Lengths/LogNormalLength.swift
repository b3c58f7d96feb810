import Base

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A length whose logarithm is normally distributed: median · exp(σ·z), to the nearest token.
public struct LogNormalLength: LengthDistribution {
  /// `lognormal`.
  public static let name = "lognormal"
  /// What `lpsim list` says of it.
  public static let summary = "median * exp(sigma * z), z standard normal"

  private let median: Double
  private let sigma: Double

  /// Reads `median`, in tokens, and `sigma`.
  public init(reading fields: inout ConfigFields) throws {
    median = try fields.number("median", in: 1...Double(longestLength), "tokens")
    sigma = try fields.number("sigma", in: 0...10)
  }

  /// A length in whole tokens.
  public func draw(from random: inout SeededRandom) -> Double { (median * exp(sigma * random.normal())).rounded() }
}
