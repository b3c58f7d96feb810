#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// One number that is fitted: its name, its bounds, and whether it spans orders of magnitude.
public struct FitParameter: Hashable, Sendable {
  /// How steps are taken between the bounds.
  public enum Scale: Hashable, Sendable {
    /// Differences count, as for a share.
    case linear
    /// Ratios count, as for a time.
    case logarithmic
  }

  /// The key in a profile.
  public var name: String
  /// The values it may take.
  public var bounds: ClosedRange<Double>
  /// How it is searched.
  public var scale: Scale
  /// Where the search begins.
  public var start: Double

  /// A parameter to fit.
  public init(_ name: String, in bounds: ClosedRange<Double>, scale: Scale = .linear, start: Double) {
    precondition(bounds.contains(start), "the search for \(name) begins within its bounds")
    precondition(scale == .linear || bounds.lowerBound > 0, "only numbers above zero have ratios")
    self.name = name
    self.bounds = bounds
    self.scale = scale
    self.start = start
  }

  /// The value at a free coordinate: bounds are reached as it goes to minus and plus infinity.
  func value(at coordinate: Double) -> Double {
    let share = 1 / (1 + exp(-coordinate))
    let (low, high) = ends
    let inner = low + (high - low) * share
    return scale == .linear ? inner : min(max(exp(inner), bounds.lowerBound), bounds.upperBound)
  }

  /// The free coordinate of a value; values at a bound lie a thousandth inside.
  func coordinate(of value: Double) -> Double {
    let (low, high) = ends
    let inner = scale == .linear ? value : log(value)
    let share = min(max((inner - low) / (high - low), 1e-3), 1 - 1e-3)
    return log(share / (1 - share))
  }

  private var ends: (Double, Double) {
    scale == .linear
      ? (bounds.lowerBound, bounds.upperBound) : (log(bounds.lowerBound), log(bounds.upperBound))
  }
}
