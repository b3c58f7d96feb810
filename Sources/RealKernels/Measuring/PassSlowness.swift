/// How slow the machine was in each pass of a survey, so that passes in which others worked on it can be told apart.
public struct PassSlowness: Hashable, Sendable {
  /// For each pass, the median over its points of the pass's time over the point's best pass: 1 at best.
  public var factors: [Double]
  /// The passes that count: the quiet ones if there are enough of them, or else all.
  public var used: [Int]

  /// A pass is quiet if it is slower than the quietest by less than this. Passes on an idle machine lie within a few
  /// percent of each other; one busy neighbour on two cores makes kernels slower by half or more.
  static let quietWithin = 1.25
  /// Fewer quiet passes than these are no ground to drop the others.
  static let leastQuiet = 3

  /// The slowness of the passes of these measurements.
  public init(_ measurements: [PointMeasurement]) {
    let points = measurements.map { one in one.passes.map { (number: $0.number, time: $0.median) } }
    let count = (points.flatMap { $0.map(\.number) }.max() ?? -1) + 1
    let bests = points.map { passes in passes.map(\.time).min() ?? 1 }
    let ratios = (0..<count).map { pass in
      zip(points, bests).flatMap { passes, best in passes.filter { $0.number == pass }.map { $0.time / best } }
    }
    let factors = ratios.map { $0.isEmpty ? 1 : SampleSpread($0).median }
    let quietest = factors.min() ?? 1
    let quiet = factors.indices.filter { factors[$0] <= quietest * Self.quietWithin }
    self.factors = factors
    used = quiet.count >= Self.leastQuiet ? quiet : Array(factors.indices)
  }
}

extension PointMeasurement.Pass {
  /// Its repeats' median, in seconds.
  var median: Double { SampleSpread(times.map(\.value)).median }
}
