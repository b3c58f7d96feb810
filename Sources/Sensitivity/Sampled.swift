/// What all parameters do together: random points of a Latin hypercube over all ranges.
public struct Sampled: Sendable {
  /// The parameters.
  public let parameters: [Parameter]
  /// The headlines.
  public let headlines: [Headline]
  /// For each point the share of its range that each parameter has.
  public let shares: [[Double]]
  /// For each point the change of each headline, mean over the seeds.
  public let changes: [[Double?]]

  /// Simulates so many points.
  public init(
    _ parameters: [Parameter], samples: Int, _ headlines: [Headline] = Headline.ofRuns, by evaluator: Evaluator
  ) throws {
    let seed = UInt64(evaluator.scenario.seeds[0])
    let hypercube = latinHypercube(points: samples, dimensions: parameters.count, seed: seed)
    let points = hypercube.map { Point(settings: Array(zip(parameters, $0))) }
    self.parameters = parameters
    self.headlines = headlines
    shares = hypercube
    changes = try evaluator.changes(headlines, at: points, stage: "sampled").map { $0.map(mean) }
  }

  /// The change of a headline at every point; nil where a point has none.
  private func values(_ headline: Int) -> [Double]? {
    let known = changes.compactMap { $0[headline] }
    return known.count == changes.count ? known : nil
  }

  /// The change below which a share of the points lies.
  public func quantile(_ headline: Int, _ share: Double) -> Double? {
    values(headline).map { Sensitivity.quantile($0, share) }
  }

  /// The share of the points at which the second policy is better.
  public func winShare(_ headline: Int) -> Double? {
    values(headline).map { values in
      Double(values.count { headlines[headline].isWin($0) }) / Double(values.count)
    }
  }

  /// Spearman's rank correlation between a parameter and the change of a headline.
  public func correlation(_ parameter: Int, _ headline: Int) -> Double? {
    values(headline).flatMap { rankCorrelation(shares.map { $0[parameter] }, $0) }
  }

  /// The size from which a correlation of so many points is unlikely to be chance: one in twenty without any.
  public var notableCorrelation: Double { 1.96 / Double(max(1, shares.count - 1)).squareRoot() }
}
