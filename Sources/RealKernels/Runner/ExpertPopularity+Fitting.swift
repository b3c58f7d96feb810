import HardwareModels

extension ExpertPopularity {
  /// Two levels of popularity: a share of the experts is so many times as popular as the others.
  public struct TwoLevels: Hashable, Sendable {
    /// The share of the popular ones.
    public var share: Double
    /// How many times as popular they are.
    public var ratio: Double

    /// These levels.
    public init(share: Double, ratio: Double) {
      self.share = share
      self.ratio = ratio
    }
  }

  /// The two levels whose coverage comes nearest to counts of distinct experts, errors counted relative to them: least
  /// squares, by search over sixteenths of the experts and fifths of the ratio.
  public static func twoLevels(
    fitting counted: [(rows: Int, experts: Double)], count: Int, topK: Int
  ) -> TwoLevels {
    func error(_ levels: TwoLevels) -> Double {
      let popular = Int((levels.share * Double(count)).rounded())
      let popularity = ExpertPopularity(weights: (0..<count).map { $0 < popular ? levels.ratio : 1 }, topK: topK)
      return counted.reduce(0) { sum, point in
        let relative = popularity.coverage(tokens: point.rows) * Double(count) / point.experts - 1
        return sum + relative * relative
      }
    }
    var best = (levels: TwoLevels(share: 0.5, ratio: 1), error: Double.infinity)
    for sixteenths in 1...15 {
      for step in 0...80 {
        let levels = TwoLevels(share: Double(sixteenths) / 16, ratio: 1 + Double(step) / 5)
        let found = error(levels)
        if found < best.error { best = (levels, found) }
      }
    }
    return best.levels
  }
}
