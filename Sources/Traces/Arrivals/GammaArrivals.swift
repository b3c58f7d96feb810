import Base

/// Requests whose gaps are gamma-distributed. As in vLLM the shape is called burstiness: 1 is a Poisson process, below 1
/// requests come in bursts, above 1 more evenly. The gaps' coefficient of variation is 1/√burstiness.
public struct GammaArrivals: ArrivalProcess {
  /// `gamma`.
  public static let name = "gamma"
  /// What `lpsim list` says of it.
  public static let summary = "gamma gaps of shape \"burstiness\": 1 is Poisson, less comes in bursts"

  /// The shape of the gaps' distribution.
  public let burstiness: Double

  /// Reads `burstiness`.
  public init(reading fields: inout ConfigFields) throws {
    burstiness = try fields.number("burstiness", in: 0.001...1_000_000)
  }

  /// A gamma gap.
  public func unitGap(from random: inout SeededRandom) -> Double { random.gamma(shape: burstiness) / burstiness }
}
