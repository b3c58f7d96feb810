import Base

/// What a schedule needs of the thing that measures, so that it can be tried on a clock of our own.
protocol PointTimer {
  /// What time it is.
  var now: Seconds { get }
  /// Prepares fresh inputs.
  mutating func begin(pass: Int) throws
  /// Runs a point once, unmeasured before, and gives its time.
  mutating func tryOut(_ point: any SurveyPoint) throws -> Seconds
  /// Times a point: once, or several times with a run before them and something between them.
  mutating func time(_ point: any SurveyPoint, pass: Int, repeats: Int) throws -> [Seconds]
}

/// How far a survey has come.
public struct SurveyProgress: Hashable, Sendable {
  /// Measurements that are done.
  public var done: Int
  /// Measurements there will be, as far as is known.
  public var total: Int
  /// What comes next.
  public var what: String
}

/// Which points are measured when: first each is tried once, the cheap ones first, for as long as the budget has room for
/// some passes over all that were tried; then come the passes, each in an order of its own, until time or passes are up. On a
/// machine that becomes slower, the dear points are left out of the later passes.
struct SurveySchedule {
  let limits: SurveyLimits
  let seed: UInt64
  /// The points that the budget had room for, with their times.
  private(set) var measurements: [PointMeasurement] = []
  /// The points that it had not.
  private(set) var leftOut: [any SurveyPoint] = []
  /// Whole passes.
  private(set) var finishedPasses = 0
  private var costs: [Seconds] = []
  private var repeats: [Int] = []
  private var total = 0
  private var done = 0

  init(limits: SurveyLimits, seed: UInt64) {
    self.limits = limits
    self.seed = seed
  }

  /// Measures what can be measured until `deadline`. What was measured before `progress` or a kernel throws is kept.
  /// - Parameter onPass: told after each pass what there is.
  mutating func run(
    _ points: [any SurveyPoint], on timer: inout some PointTimer, until deadline: Seconds,
    onPass: (Self) throws -> Void = { _ in }, _ progress: (SurveyProgress) throws -> Void
  ) throws {
    try timer.begin(pass: 0)
    try tryOut(points, &timer, deadline, progress)
    var random = SeededRandom(seed: seed, stream: "survey-order")
    for pass in 0..<limits.mostPasses {
      let chosen = affordable(pass, until: deadline - timer.now)
      guard !chosen.isEmpty else { return }
      if pass > 0 { try timer.begin(pass: pass) }
      for index in chosen.shuffled(using: &random) {
        // A tenth more, for what takes longer than before.
        guard timer.now + costs[index] * 1.1 <= deadline else { return }
        try progress(SurveyProgress(done: done, total: total, what: measurements[index].point.label))
        try measure(index, pass, &timer)
      }
      if chosen.count == measurements.count { finishedPasses += 1 }
      try onPass(self)
    }
  }

  /// The points of a pass: all if the time left is enough for the passes that there must be, or else the cheap ones, for
  /// which noise is worst. In the first two passes all have their turn.
  private func affordable(_ pass: Int, until left: Seconds) -> [Int] {
    guard pass > 1 else { return Array(measurements.indices) }
    let passes = Double(max(1, limits.leastPasses - pass))
    var sum = Seconds.zero
    return measurements.indices.sorted { (costs[$0], $0) < (costs[$1], $1) }.filter { index in
      sum = sum + costs[index]
      return sum * passes * 1.1 <= left
    }
  }

  private mutating func measure(_ index: Int, _ pass: Int, _ timer: inout some PointTimer) throws {
    let start = timer.now
    let times = try timer.time(measurements[index].point, pass: pass, repeats: repeats[index])
    measurements[index].passes.append(PointMeasurement.Pass(number: pass, times: times))
    costs[index] = timer.now - start
    done += 1
  }
}

extension SurveySchedule {
  /// Tries points from cheap to dear while there is room for them.
  private mutating func tryOut(
    _ points: [any SurveyPoint], _ timer: inout some PointTimer, _ deadline: Seconds,
    _ progress: (SurveyProgress) throws -> Void
  ) throws {
    let ascending = points.filter(\.isCeiling) + points.filter { !$0.isCeiling }.sorted { $0.work.size < $1.work.size }
    var forecast = PointForecast()
    for (index, point) in ascending.enumerated() {
      total = points.count + limits.mostPasses * (measurements.count + ascending.count - index)
      let expected = forecast.time(of: point)
      guard point.isCeiling || hasRoom(for: expected, timer.now, deadline) else {
        leftOut.append(point)
        continue
      }
      try progress(SurveyProgress(done: done, total: total, what: "first run of \(point.label)"))
      let time = try timer.tryOut(point)
      forecast.learn(point, time)
      done += 1
      guard point.isCeiling || hasRoom(for: time, timer.now, deadline, isTried: true) else {
        leftOut.append(point)
        continue
      }
      accept(point, time)
    }
    done += leftOut.count
    total = points.count + limits.mostPasses * measurements.count
  }

  private mutating func accept(_ point: any SurveyPoint, _ time: Seconds) {
    measurements.append(PointMeasurement(point: point))
    let (count, cost) = limits.repeats(of: time)
    repeats.append(count)
    costs.append(cost)
  }

  private func hasRoom(for time: Seconds, _ now: Seconds, _ deadline: Seconds, isTried: Bool = false) -> Bool {
    let pass = costs.reduce(limits.repeats(of: time).cost, +)
    let first = isTried ? Seconds.zero : time
    return now + first + Double(limits.leastPasses) * pass <= deadline - limits.reserve
  }
}

/// Foretells what a point takes from points before it: from the last of its series, or else from the last of any.
struct PointForecast {
  private var ofSeries: [String: (work: SurveyWork, time: Seconds)] = [:]
  private var last: (size: Double, time: Seconds)?

  func time(of point: any SurveyPoint) -> Seconds {
    if let before = ofSeries[point.series] { return before.time * max(1, point.work.ratio(to: before.work)) }
    guard let last, last.size > 0 else { return Seconds(point.work.size) }
    return last.time * (point.work.size / last.size)
  }

  mutating func learn(_ point: any SurveyPoint, _ time: Seconds) {
    ofSeries[point.series] = (point.work, time)
    last = (point.work.size, time)
  }
}
