import Base

/// How much time a survey takes, and how it is spent.
public struct SurveyLimits: Hashable, Sendable {
  /// All of it: checking, trying, measuring, metering.
  public var budget: Seconds
  /// Points are left out until there is time for so many passes over the others.
  public var leastPasses: Int
  /// More passes are not made.
  public var mostPasses: Int
  /// What one point may take of a pass if it is repeated.
  public var slice: Seconds
  /// More repeats of a point are not made in one pass.
  public var mostRepeats: Int
  /// What goes between two repeats to empty the caches.
  public var pause: Seconds
  /// The shortest loop that is metered; nil where energy is not wanted.
  public var metering: Seconds?

  /// These limits.
  public init(
    budget: Seconds, passes: ClosedRange<Int>, slice: Seconds, mostRepeats: Int, pause: Seconds, metering: Seconds?
  ) {
    self.budget = budget
    leastPasses = passes.lowerBound
    mostPasses = passes.upperBound
    self.slice = slice
    self.mostRepeats = mostRepeats
    self.pause = pause
    self.metering = metering
  }

  /// The same in another time: the repeats of a point have the same part of it.
  public func within(_ budget: Seconds) -> SurveyLimits {
    var limits = self
    limits.budget = budget
    limits.slice = slice * (budget / self.budget)
    return limits
  }

  /// A part of the budget that planning leaves free, because machines slow down.
  var reserve: Seconds { budget * 0.1 }

  /// How often a point of this time is repeated in a pass, and what that takes: repeats have a run before them that is
  /// not timed, a point that fills its slice alone has none.
  func repeats(of time: Seconds) -> (count: Int, cost: Seconds) {
    let each = time + pause
    let count = min(mostRepeats, Int(slice / each))
    return count > 1 ? (count, time + each * Double(count)) : (1, time)
  }
}
