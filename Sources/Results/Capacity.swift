import Base
import Traces

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The highest request rate that something keeps up with.
public enum Capacity: Hashable, Sendable {
  /// It keeps up with this rate, and no more with one that is higher by the tolerance of the search.
  case rate(RequestsPerSecond)
  /// It does not even keep up with this rate, the lowest that was tried.
  case below(RequestsPerSecond)
  /// It keeps up with this rate, the highest that was tried.
  case above(RequestsPerSecond)
}

/// How the highest sustainable request rate is looked for: a bracket that grows from a first guess, faster with each
/// try, then bisection of the logarithm.
///
/// Assumes that what is kept up with at a rate is so at every lower one. For common random numbers the caller simulates
/// the same requests at every rate and searches each seed by itself; the spread over seeds is then the error of the mean.
public struct CapacitySearch: Sendable {
  /// The rate that is tried first.
  public var guess: RequestsPerSecond
  /// How far from the guess the second try is; each later step is the square of the one before it.
  public var factor = 1.25
  /// By how much, relatively, the result may be too low.
  public var tolerance = 0.005
  /// How far from the guess, up and down, a rate may be.
  public var reach = 1000.0

  /// A search that begins at a guess.
  public init(from guess: RequestsPerSecond) { self.guess = guess }

  /// The capacity of what keeps up with a rate where `keepsUp` says so.
  public func capacity(where keepsUp: (RequestsPerSecond) throws -> Bool) rethrows -> Capacity {
    let holdsAtGuess = try keepsUp(guess)
    let last = holdsAtGuess ? guess * reach : guess / reach
    var step = holdsAtGuess ? factor : 1 / factor
    var tried = guess
    while tried != last {
      let wider = tried.value * step
      let next = RequestsPerSecond(holdsAtGuess ? min(wider, last.value) : max(wider, last.value))
      if try keepsUp(next) != holdsAtGuess {
        return .rate(try bisected(between: holdsAtGuess ? tried : next, and: holdsAtGuess ? next : tried, keepsUp))
      }
      tried = next
      step *= step
    }
    return holdsAtGuess ? .above(last) : .below(last)
  }

  /// The highest rate that is kept up with between one that is and one that is not.
  private func bisected(
    between holds: RequestsPerSecond, and fails: RequestsPerSecond, _ keepsUp: (RequestsPerSecond) throws -> Bool
  ) rethrows -> RequestsPerSecond {
    let found = try boundary(between: log(holds.value), and: log(fails.value), within: log(1 + tolerance)) {
      try keepsUp(RequestsPerSecond(exp($0)))
    }
    return RequestsPerSecond(exp(found.holds))
  }
}

/// Where a condition changes between a number for which it holds and one for which it does not, by bisection: two such
/// numbers that are at most `width` apart.
public func boundary(
  between holds: Double, and fails: Double, within width: Double, where condition: (Double) throws -> Bool
) rethrows -> (holds: Double, fails: Double) {
  precondition(width > 0, "bisection ends at a width above zero")
  var (holds, fails) = (holds, fails)
  while (holds - fails).magnitude > width {
    let middle = (holds + fails) / 2
    if try condition(middle) { holds = middle } else { fails = middle }
  }
  return (holds, fails)
}
