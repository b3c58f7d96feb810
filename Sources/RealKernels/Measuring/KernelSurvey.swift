import Base

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Measures kernels of a model's sizes on the machine at hand: proves them right first, then times them in interleaved
/// passes, then meters their energy where the machine can.
public struct KernelSurvey {
  /// What is to be measured; without what failed its check, once it has run.
  public private(set) var plan: SurveyPlan
  /// What has been measured so far; whole at any moment, so that a survey which is broken off loses nothing.
  public private(set) var results: SurveyResults
  private let kernels: Kernels
  private let start: Seconds

  /// A survey that begins now: the time until it runs counts. `date` is written down as it is.
  public init(_ kernels: Kernels, plan: SurveyPlan, date: String, seed: UInt64) throws {
    self.kernels = kernels
    self.plan = plan
    results = SurveyResults(machine: SurveyMachine(kernels, date: date, seed: seed), limits: plan.limits)
    start = monotonicTime()
    try Self.requireMemory(plan.memory(on: kernels.capabilities), kernels)
  }

  private static func requireMemory(_ needed: Bytes, _ kernels: Kernels) throws {
    let usable = kernels.capabilities.memory * 0.9
    guard needed <= usable else {
      throw InputError(
        .unavailable, file: "\(kernels.library.backend.rawValue) kernels",
        "measuring needs \(needed.value / 1e9) GB of memory; \(usable.value / 1e9) GB of this machine's may be used",
        hint: "choose a smaller model or --quick")
    }
  }

  /// Does all of it. `progress` is asked before each measurement; what it throws ends the survey between two of them.
  /// - Parameter keep: given what there is after each pass over the points and each loop for energy.
  public mutating func run(
    keep: (SurveyResults) throws -> Void = { _ in }, _ progress: (SurveyProgress) throws -> Void
  ) throws {
    try prove(progress)
    try measureIdlePower(progress)
    try progress(SurveyProgress(done: 0, total: plan.points.count, what: "random weights"))
    let bench = try SurveyBench(kernels, for: plan.needs, seed: results.machine.seed)
    try measure(on: bench, keep, progress)
    if meters { try meter(on: bench, keep, progress) }
  }

  /// Does all of it and writes what there is into a folder: after each pass, so that a program which is killed loses no
  /// more than one, and also when it is broken off.
  public mutating func run(into folder: String, _ progress: (SurveyProgress) throws -> Void) throws {
    let outcome = Result { try run(keep: { try $0.write(to: folder) }, progress) }
    try results.write(to: folder)
    try outcome.get()
  }

  private var meters: Bool {
    plan.limits.metering != nil && kernels.capabilities.readsEnergy && results.unmetered == nil
  }

  /// Compares each kind of kernel with the reference, on poisoned outputs. A kind that fails is not measured; without
  /// ceilings nothing is.
  private mutating func prove(_ progress: (SurveyProgress) throws -> Void) throws {
    var proven = Set<String>()
    for point in plan.points where proven.insert(point.checkName).inserted {
      let what = "checking \(point.checkName)"
      try progress(SurveyProgress(done: 0, total: plan.points.count, what: what))
      var check = KernelCheck(kernels, seed: results.machine.seed)
      do {
        try point.check(&check)
        results.proven.append(point.checkName)
      } catch {
        guard !point.isCeiling else { throw error }
        results.failed.append(SurveyResults.Failure(name: point.checkName, why: "\(error)"))
      }
    }
    plan.points.removeAll { point in results.failed.contains { $0.name == point.checkName } }
  }

  /// A third of the budget is kept for energy where it is wanted.
  private mutating func measure(
    on bench: SurveyBench, _ keep: (SurveyResults) throws -> Void, _ progress: (SurveyProgress) throws -> Void
  ) throws {
    let share = meters ? 2.0 / 3 : 1
    var timer = KernelTimer(bench: bench)
    var schedule = SurveySchedule(limits: plan.limits, seed: results.machine.seed)
    let outcome = Result {
      try schedule.run(
        plan.points, on: &timer, until: start + plan.limits.budget * share,
        onPass: { schedule in
          results.take(schedule, of: plan)
          try keep(results)
        }, progress)
    }
    results.take(schedule, of: plan)
    try outcome.get()
  }
}

extension KernelSurvey {
  /// Over some loops' time: it is measured once and taken off all of them. A counter that does not answer is no reason to
  /// measure no times.
  private mutating func measureIdlePower(_ progress: (SurveyProgress) throws -> Void) throws {
    guard meters, let least = plan.limits.metering else { return }
    try progress(SurveyProgress(done: 0, total: plan.points.count, what: "idle power"))
    do { results.idlePower = try kernels.idlePower(over: least * 5) } catch { results.unmetered = "\(error)" }
  }

  /// Loops over points of all series until the budget is spent. Caches are not emptied between the runs of a loop.
  private mutating func meter(
    on bench: SurveyBench, _ keep: (SurveyResults) throws -> Void, _ progress: (SurveyProgress) throws -> Void
  ) throws {
    guard let least = plan.limits.metering else { return }
    let points = results.pointsToMeter
    for (index, point) in points.enumerated() {
      guard monotonicTime() + least * 1.5 <= start + plan.limits.budget else { return }
      try progress(SurveyProgress(done: index, total: points.count, what: "energy of \(point.label)"))
      do {
        let metering = try point.program(on: bench, pass: 0).meter(atLeast: least)
        results.energies.append(PointEnergy(point: point, metering: metering))
      } catch {
        results.unmetered = "\(error)"
        return
      }
      try keep(results)
    }
  }
}

/// The clock that surveys go by; it never turns back.
func monotonicTime() -> Seconds {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Seconds(Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9)
}

/// Times points on a device.
struct KernelTimer: PointTimer {
  let bench: SurveyBench
  private var pass = 0

  init(bench: SurveyBench) { self.bench = bench }

  var now: Seconds { monotonicTime() }

  mutating func begin(pass: Int) throws {
    self.pass = pass
    try bench.refresh(pass: pass)
  }

  /// The run writes over poison, and all of it.
  mutating func tryOut(_ point: any SurveyPoint) throws -> Seconds {
    let program = try point.program(on: bench, pass: pass)
    try bench.poison(outputs: point.needs.outputs)
    let time = try timeOnce(program)
    try bench.requireWritten(outputs: point.needs.outputs, by: point)
    return time
  }

  /// By our own clock, which is fine enough for what takes long; by the device's where a first run does more than others.
  private func timeOnce(_ program: KernelProgram) throws -> Seconds {
    if bench.kernels.capabilities.replaysGraphs { return try program.time(repeats: 1, evictingCaches: true)[0] }
    try bench.kernels.synchronize()
    let start = now
    try program.run()
    try bench.kernels.synchronize()
    return now - start
  }

  mutating func time(_ point: any SurveyPoint, pass: Int, repeats: Int) throws -> [Seconds] {
    let program = try point.program(on: bench, pass: pass)
    return repeats == 1 ? [try timeOnce(program)] : try program.time(repeats: repeats, evictingCaches: true)
  }
}
