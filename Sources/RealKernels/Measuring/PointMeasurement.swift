import Base

/// The times of one point, pass by pass.
public struct PointMeasurement: Sendable {
  /// What was measured.
  public var point: any SurveyPoint
  /// The times in each pass that came to it, in order.
  public var passes: [Pass] = []

  /// The times of one pass.
  public struct Pass: Hashable, Sendable {
    /// Which pass, from 0.
    public var number: Int
    /// Each repeat.
    public var times: [Seconds]
  }

  /// All times of all passes; nil before the first.
  public var spread: SampleSpread? { spread(in: []) }

  /// The times of these passes, or of all where this point was in none of them; nil before the first.
  func spread(in chosen: [Int]) -> SampleSpread? {
    let some = passes.filter { chosen.contains($0.number) }
    let times = (some.isEmpty ? passes : some).flatMap { $0.times.map(\.value) }
    return times.isEmpty ? nil : SampleSpread(times)
  }

  /// The median time of the last pass over that of the first; nil if there are not two.
  public var drift: Double? {
    guard let first = passes.first, let last = passes.last, passes.count > 1 else { return nil }
    return last.median / first.median
  }
}

/// How far the machine changed under a survey, and how far its repeats lie apart.
public struct SurveyDrift: Hashable, Sendable {
  /// Passes over the points.
  public var passes: Int
  /// Time of the last pass over that of the first, the median over all points.
  public var median: Double
  /// The point that changed most, and its ratio.
  public var most: Named
  /// Each ceiling's ratio of times.
  public var ceilings: [Named]
  /// The distance of a point's quartiles over its median, the median over all points.
  public var spread: Double
  /// The largest such distance.
  public var widest: Named

  /// A point's label and a number.
  public struct Named: Hashable, Sendable {
    /// Which point.
    public var label: String
    /// How much.
    public var value: Double
  }

  /// The drift of these; nil before two passes.
  public init?(_ measurements: [PointMeasurement]) {
    let drifts = measurements.compactMap { one in
      one.drift.map { (named: Named(label: one.point.label, value: $0), isCeiling: one.point.isCeiling) }
    }
    let spreads = measurements.compactMap { one in
      one.spread.map { Named(label: one.point.label, value: $0.relative) }
    }
    // Halving and doubling are equally far.
    func distance(_ ratio: Double) -> Double { max(ratio, 1 / ratio) }
    guard let most = drifts.map(\.named).max(by: { distance($0.value) < distance($1.value) }),
      let widest = spreads.max(by: { $0.value < $1.value })
    else { return nil }
    passes = measurements.map(\.passes.count).max() ?? 0
    median = SampleSpread(drifts.map(\.named.value)).median
    self.most = most
    ceilings = drifts.filter(\.isCeiling).map(\.named)
    spread = SampleSpread(spreads.map(\.value)).median
    self.widest = widest
  }
}
