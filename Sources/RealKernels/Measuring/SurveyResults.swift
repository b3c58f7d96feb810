import Base

/// What a survey found, and what a reader must know to believe it.
public struct SurveyResults: Sendable {
  /// What it ran on.
  public var machine: SurveyMachine
  /// How long it was to take.
  public var limits: SurveyLimits
  /// The checks that kernels passed before they were timed.
  public var proven: [String] = []
  /// Kinds of kernels that failed theirs, and were not timed.
  public var failed: [Failure] = []
  /// The points that were measured at least once.
  public var measurements: [PointMeasurement] = []
  /// The labels of those that the budget had no room for.
  public var leftOut: [String] = []
  /// Passes over all points.
  public var finishedPasses = 0
  /// The power in which nothing runs; nil where it is not measured.
  public var idlePower: Watts?
  /// Why energy was not measured, or not to the end, where the machine says that it can be.
  public var unmetered: String?
  /// Energy of some of the points.
  public var energies: [PointEnergy] = []

  /// A kind of kernels, and a sentence on what is wrong with it.
  public struct Failure: Hashable, Sendable {
    /// Its name among the checks.
    public var name: String
    /// What was found.
    public var why: String
  }

  /// Nothing yet.
  public init(machine: SurveyMachine, limits: SurveyLimits) {
    self.machine = machine
    self.limits = limits
  }

  /// What a schedule measured and left out, in the order of the plan.
  mutating func take(_ schedule: SurveySchedule, of plan: SurveyPlan) {
    var places: [String: Int] = [:]
    for (place, point) in plan.points.enumerated() { places[point.label] = place }
    func place(_ point: any SurveyPoint) -> Int { places[point.label] ?? plan.points.count }
    measurements = schedule.measurements.filter { !$0.passes.isEmpty }.sorted { place($0.point) < place($1.point) }
    leftOut = schedule.leftOut.sorted { place($0) < place($1) }.map(\.label)
    finishedPasses = schedule.finishedPasses
  }

  /// How far the machine changed meanwhile; nil before two passes.
  public var drift: SurveyDrift? { SurveyDrift(measurements) }

  /// How slow the machine was in each pass, and which passes the tables are made of.
  public var slowness: PassSlowness { PassSlowness(measurements) }

  /// Ceilings, then the largest point of each series, then those in the middle, then the smallest.
  var pointsToMeter: [any SurveyPoint] {
    var series: [[any SurveyPoint]] = []
    for point in measurements.map(\.point).sorted(by: { $0.work.size < $1.work.size }) where !point.isCeiling {
      if let index = series.firstIndex(where: { $0[0].series == point.series }) {
        series[index].append(point)
      } else {
        series.append([point])
      }
    }
    var chosen = measurements.map(\.point).filter(\.isCeiling)
    for place in [{ $0 - 1 }, { $0 / 2 }, { _ in 0 }] as [(Int) -> Int] {
      chosen += series.map { $0[place($0.count)] }.filter { point in !chosen.contains { $0.label == point.label } }
    }
    return chosen
  }
}

/// What a loop over a point took from the energy counter.
public struct PointEnergy: Sendable {
  /// The point.
  public var point: any SurveyPoint
  /// The loop; caches stay as they are between its runs.
  public var metering: KernelProgram.Metering

  /// Power, energy and time of a run, and what it did.
  var row: [String] {
    let runs = Double(metering.runs)
    let numbers = [
      metering.energy.value / metering.duration.value, metering.energy.value / runs, metering.duration.value / runs,
    ]
    return [point.label] + numbers.map { "\($0)" } + [
      String(metering.runs), "\(point.work.flops.value)", "\(point.work.bytes.value)",
    ]
  }
}
