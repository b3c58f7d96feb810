/// An amount with its unit in the type, so that bytes cannot be added to seconds.
public struct Quantity<Unit>: Hashable, Sendable {
  /// The amount, in the unit's own base (bytes, floating-point operations, joules, seconds).
  public var value: Double

  /// The amount `value` of this unit.
  @inlinable public init(_ value: Double) { self.value = value }

  /// The amount `value` of this unit, from a count.
  @inlinable public init(_ value: Int) { self.value = Double(value) }

  /// Nothing of this unit.
  @inlinable public static var zero: Self { Self(0.0) }
}

/// The unit of a rate: so many `Numerator` for each `Denominator`.
public enum Per<Numerator, Denominator> {}

/// The unit of memory and traffic. 1 kB = 1000 bytes.
public enum ByteUnit {}
/// The unit of arithmetic: one floating-point addition or multiplication.
public enum FlopUnit {}
/// The unit of energy.
public enum JouleUnit {}
/// The unit of simulated time inside the cost models; moments are ``SimTime``.
public enum SecondUnit {}

/// An amount of memory or of traffic.
public typealias Bytes = Quantity<ByteUnit>
/// An amount of floating-point arithmetic; a multiply-add counts two.
public typealias Flops = Quantity<FlopUnit>
/// An amount of energy.
public typealias Joules = Quantity<JouleUnit>
/// A length of time as a real number.
public typealias Seconds = Quantity<SecondUnit>
/// A bandwidth.
public typealias BytesPerSecond = Quantity<Per<ByteUnit, SecondUnit>>
/// A compute rate.
public typealias FlopsPerSecond = Quantity<Per<FlopUnit, SecondUnit>>
/// A power.
public typealias Watts = Quantity<Per<JouleUnit, SecondUnit>>
/// The energy of moving one byte.
public typealias JoulesPerByte = Quantity<Per<JouleUnit, ByteUnit>>
/// The energy of one floating-point operation.
public typealias JoulesPerFlop = Quantity<Per<JouleUnit, FlopUnit>>
/// An arithmetic intensity; at a GPU's ridge point compute and memory take equally long.
public typealias FlopsPerByte = Quantity<Per<FlopUnit, ByteUnit>>

extension Quantity: Comparable {
  /// Whether the left amount is the smaller one.
  @inlinable public static func < (left: Self, right: Self) -> Bool { left.value < right.value }
}

extension Quantity: AdditiveArithmetic {
  /// The sum of two amounts of one unit.
  @inlinable public static func + (left: Self, right: Self) -> Self { Self(left.value + right.value) }
  /// The difference of two amounts of one unit.
  @inlinable public static func - (left: Self, right: Self) -> Self { Self(left.value - right.value) }
}

extension Quantity {
  /// The amount, `factor` times.
  @inlinable public static func * (left: Self, factor: Double) -> Self { Self(left.value * factor) }
  /// The amount, `factor` times.
  @inlinable public static func * (factor: Double, right: Self) -> Self { Self(factor * right.value) }
  /// The amount's `divisor`-th part.
  @inlinable public static func / (left: Self, divisor: Double) -> Self { Self(left.value / divisor) }
  /// How many times the right amount fits into the left one.
  @inlinable public static func / (left: Self, right: Self) -> Double { left.value / right.value }

  /// The rate at which this amount comes with each `D`.
  @inlinable public static func / <D>(left: Self, right: Quantity<D>) -> Quantity<Per<Unit, D>> {
    Quantity<Per<Unit, D>>(left.value / right.value)
  }
  /// What it takes of `D` to make this amount at the given rate, such as bytes / (bytes per second) = seconds.
  @inlinable public static func / <D>(left: Self, rate: Quantity<Per<Unit, D>>) -> Quantity<D> {
    Quantity<D>(left.value / rate.value)
  }
  /// What a rate makes over this amount, such as watts x seconds = joules.
  @inlinable public static func * <N>(rate: Quantity<Per<N, Unit>>, right: Self) -> Quantity<N> {
    Quantity<N>(rate.value * right.value)
  }
}
