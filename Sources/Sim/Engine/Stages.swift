import Base
import DequeModule
import HardwareModels

/// The pipeline stages of a replica, which its lanes' iterations pass in the order in which they begin: each stage does
/// one at a time, and an iteration is in one stage at a time.
struct Stages {
  /// When each stage has done all that it was given.
  private(set) var free: [SimTime]
  /// Lanes that have work and wait for the first stage.
  var queue = Deque<Int>()
  /// When the first stage is next asked who waits.
  var nextCall = SimTime.zero

  init(count: Int) { free = [SimTime](repeating: .zero, count: count) }

  /// Idle power counts from here on.
  mutating func open(at now: SimTime) {
    for stage in free.indices { free[stage] = now }
  }

  /// Takes an iteration through the stages: it enters each when it has left the one before and the stage is free.
  /// Returns when it leaves the last, and the sum over stages of the time that they waited for it.
  mutating func pass(_ times: [Seconds], from now: SimTime) throws -> (end: SimTime, idle: SimDuration) {
    precondition(times.count == free.count, "every stage has a time")
    let least = SimDuration(nanoseconds: times.count == 1 ? 1 : 0)
    var (end, idle) = (now, SimDuration.zero)
    for stage in times.indices {
      let start = max(end, free[stage])
      idle = idle + (start - free[stage])
      end = try start.after(times[stage], of: "an iteration", atLeast: least)
      free[stage] = end
    }
    // An iteration that takes no time is an error of the figures in one stage as in several.
    if end == now { _ = try now.after(.zero, of: "an iteration", atLeast: SimDuration(nanoseconds: 1)) }
    return (end, idle)
  }

  /// How long the stages have waited, up to a moment, since they did something last.
  func idle(until now: SimTime) -> SimDuration {
    free.reduce(.zero) { $1 < now ? $0 + (now - $1) : $0 }
  }
}
