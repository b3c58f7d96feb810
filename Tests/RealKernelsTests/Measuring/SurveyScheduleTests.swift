import Base
import Testing

@testable import RealKernels

@Suite struct SurveyScheduleTests {
  struct Broken: Error {}

  private func points(_ seconds: [Double]) -> [FakePoint] {
    seconds.map { FakePoint(label: "\($0)", seconds: $0) }
  }

  private func run(
    _ points: [FakePoint], _ limits: SurveyLimits, _ timer: inout FakeTimer,
    _ progress: (SurveyProgress) throws -> Void = { _ in }
  ) throws -> SurveySchedule {
    var schedule = SurveySchedule(limits: limits, seed: 1)
    try schedule.run(points, on: &timer, until: limits.budget, progress)
    return schedule
  }

  @Test func aRoomyBudgetMeasuresEachPointInEachPass() throws {
    var timer = FakeTimer()
    let found = try run(points([1, 2, 3]), limits(budget: 1000, passes: 2...4), &timer)
    #expect(found.leftOut.isEmpty)
    #expect(found.finishedPasses == 4)
    #expect(found.measurements.map { $0.passes.map(\.number) } == Array(repeating: [0, 1, 2, 3], count: 3))
    // One first run and four passes.
    #expect(timer.now == Seconds(6.0 + 4 * 6))
  }

  @Test func theFirstRunsGoFromCheapToDearAndPassesDoNot() throws {
    var timer = FakeTimer()
    let sizes = (1...12).map { Double($0) }
    _ = try run(points(sizes.reversed()), limits(budget: 10000, passes: 2...2), &timer)
    let passes = timer.log.split { $0.hasPrefix("pass") }.map(Array.init)
    #expect(passes[0].prefix(12) == ArraySlice(sizes.map { "try \($0)" }))
    let first = Array(passes[0].dropFirst(12))
    #expect(first.count == 12 && passes[1].count == 12 && first != passes[1])
    #expect(first.sorted() == passes[1].sorted())
  }

  @Test func whatHasNoRoomIsNeverRun() throws {
    var timer = FakeTimer()
    // 1 + 2 + 2 passes x (1 + 2) = 9 fit into 90; 30 would make that 33 + 2 x 33 = 99.
    let found = try run(points([1, 2, 30]), limits(budget: 100, passes: 2...2), &timer)
    #expect(found.leftOut.map(\.label) == ["30.0"])
    #expect(!timer.log.contains { $0.hasSuffix("30.0") })
    #expect(timer.now == Seconds(9.0))
  }

  @Test func aCeilingIsMeasuredWhateverTheBudgetOfTheOthers() throws {
    var timer = FakeTimer()
    var all = points([0.1, 30])
    all.append(FakePoint(label: "ceiling", series: "ceiling", seconds: 10, isCeiling: true))
    let found = try run(all, limits(budget: 100, passes: 2...3), &timer)
    #expect(found.leftOut.map(\.label) == ["30.0"])
    #expect(found.measurements.map(\.point.label) == ["ceiling", "0.1"])
    #expect(timer.log.prefix(2) == ["pass 0", "try ceiling"])
  }

  @Test func noBudgetIsOverspentByRandomPoints() throws {
    for seed in UInt64(0)..<200 {
      var random = SeededRandom(seed: seed, stream: "fake-points")
      let sizes = (0..<20).map { _ in 10 * random.uniform() * random.uniform() }
      var timer = FakeTimer()
      let budget = 50 + 300 * random.uniform()
      let found = try run(points(sizes), limits(budget: budget, passes: 2...9), &timer)
      #expect(timer.now.value <= budget, "seed \(seed)")
      #expect(found.finishedPasses >= 2, "seed \(seed)")
      #expect(found.measurements.count + found.leftOut.count == 20, "seed \(seed)")
    }
  }

  @Test func aMachineThatSlowsDownEndsTheSurveyBeforeTheBudget() throws {
    var timer = FakeTimer(slowness: 5, slowFromPass: 1)
    let found = try run(points([1, 1, 1, 1]), limits(budget: 40, passes: 3...3), &timer)
    // 4 first runs of 1, a pass of 4 and one of 20 leave 12; two of 5 fit into that.
    #expect(found.finishedPasses == 2)
    #expect(found.measurements.map(\.passes.count).sorted() == [2, 2, 3, 3])
    #expect(timer.now == Seconds(38.0))
  }

  @Test func onASlowMachineTheDearPointsAreLeftOutOfLaterPasses() throws {
    var timer = FakeTimer(slowness: 2, slowFromPass: 1)
    let found = try run(points([1, 2, 20]), limits(budget: 130, passes: 4...6), &timer)
    // 23, 23 and 46 leave 38; the last point now takes 40. The others take 6 a pass.
    #expect(found.measurements.map(\.passes.count) == [6, 6, 2])
    #expect(found.finishedPasses == 2)
    #expect(timer.now == Seconds(23.0 + 23 + 46 + 4 * 6))
  }

  @Test func whatWasMeasuredBeforeABreakIsKept() throws {
    var timer = FakeTimer()
    var schedule = SurveySchedule(limits: limits(budget: 1000, passes: 3...3), seed: 1)
    #expect(throws: Broken.self) {
      try schedule.run(points([1, 2, 3]), on: &timer, until: Seconds(1000.0)) { progress in
        // Three first runs and the first pass are done.
        if progress.done == 6 { throw Broken() }
      }
    }
    #expect(schedule.measurements.map(\.passes.count) == [1, 1, 1])
    #expect(schedule.finishedPasses == 1)
  }

  @Test func progressGrowsToItsTotal() throws {
    var timer = FakeTimer()
    var seen: [SurveyProgress] = []
    _ = try run(points([1, 2, 90]), limits(budget: 100, passes: 2...2), &timer) { seen.append($0) }
    #expect(seen.map(\.done) == [0, 1, 3, 4, 5, 6])
    #expect(seen.last == SurveyProgress(done: 6, total: 7, what: seen[5].what))
    #expect(seen[0].what == "first run of 1.0")
  }

  @Test func theCostOfAPointIsForetoldByItsSeries() {
    var forecast = PointForecast()
    forecast.learn(FakePoint(label: "a", seconds: 1), Seconds(7.0))
    #expect(forecast.time(of: FakePoint(label: "b", seconds: 3)) == Seconds(21.0))
    #expect(forecast.time(of: FakePoint(label: "smaller", seconds: 0.1)) == Seconds(7.0))
    #expect(forecast.time(of: FakePoint(label: "c", series: "other", seconds: 2)) == Seconds(14.0))
  }
}
