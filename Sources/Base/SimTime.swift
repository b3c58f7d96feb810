/// A moment of simulated time: whole nanoseconds since the simulation began. A length of time is a ``SimDuration``.
public struct SimTime: Hashable, Comparable, Sendable {
  /// Nanoseconds since the simulation began.
  public let nanoseconds: Int64

  /// The moment so many nanoseconds after the beginning.
  @inlinable public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  /// The beginning.
  @inlinable public static var zero: Self { Self(nanoseconds: 0) }

  /// The moment so many seconds after the beginning, to the nearest nanosecond.
  @inlinable public static func seconds(_ seconds: Double) -> SimTime { .zero + .seconds(seconds) }

  /// Seconds since the beginning.
  @inlinable public var seconds: Double { Double(nanoseconds) * 1e-9 }

  /// Whether the left moment comes first.
  @inlinable public static func < (left: Self, right: Self) -> Bool { left.nanoseconds < right.nanoseconds }
  /// The moment `length` later.
  @inlinable public static func + (moment: Self, length: SimDuration) -> Self {
    SimTime(nanoseconds: moment.nanoseconds + length.nanoseconds)
  }
  /// The length from the right moment to the left one.
  @inlinable public static func - (left: Self, right: Self) -> SimDuration {
    SimDuration(nanoseconds: left.nanoseconds - right.nanoseconds)
  }
}

/// A length of simulated time in whole nanoseconds. A point in time is a ``SimTime``.
public struct SimDuration: Hashable, Comparable, Sendable {
  /// The length in nanoseconds.
  public let nanoseconds: Int64

  /// A length of so many nanoseconds.
  @inlinable public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  /// No time at all.
  @inlinable public static var zero: Self { Self(nanoseconds: 0) }

  /// The longest length a simulation may reach, about 146 years: half of what the clock holds, so that sums stay legal.
  @inlinable public static var longest: Self { Self(nanoseconds: Int64.max / 2) }

  /// A length of so many seconds, to the nearest nanosecond.
  @inlinable public static func seconds(_ seconds: Double) -> SimDuration {
    precondition(seconds.magnitude < 4.6e9, "a length of time beyond what the clock holds")
    return SimDuration(nanoseconds: Int64((seconds * 1e9).rounded()))
  }

  /// The length in seconds.
  @inlinable public var seconds: Double { Double(nanoseconds) * 1e-9 }
  /// The length in milliseconds, the unit of every file and table.
  @inlinable public var milliseconds: Double { Double(nanoseconds) * 1e-6 }

  /// Whether the left length is the shorter one.
  @inlinable public static func < (left: Self, right: Self) -> Bool { left.nanoseconds < right.nanoseconds }
  /// Both lengths, one after the other.
  @inlinable public static func + (left: Self, right: Self) -> Self {
    SimDuration(nanoseconds: left.nanoseconds + right.nanoseconds)
  }
}
