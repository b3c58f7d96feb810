/// What each parameter does by itself: every one at both ends of its range, the others as the deployment has them.
public struct OneAtATime: Sendable {
  /// What one parameter does.
  public struct Effect: Sendable {
    /// The parameter.
    public let parameter: Parameter
    /// Its value in the deployment, at the low end and at the high end of its range, as text.
    public let values: (now: String, low: String, high: String)
    /// The change of each headline at the low end.
    public let low: [Double?]
    /// The change of each headline at the high end.
    public let high: [Double?]
  }

  /// The headlines.
  public let headlines: [Headline]
  /// For each headline the change with each seed, with the deployment as it is.
  public let seeds: [[Double?]]
  /// The parameters, in the order of their file.
  public let effects: [Effect]

  /// Simulates them.
  public init(_ parameters: [Parameter], _ headlines: [Headline] = Headline.all, by evaluator: Evaluator) throws {
    let tree = evaluator.scenario.tree
    let ends = parameters.flatMap { parameter in [0.0, 1].map { Point(settings: [(parameter, $0)]) } }
    let changes = try evaluator.changes(headlines, at: [Point(settings: [])] + ends, stage: "one at a time")
    self.headlines = headlines
    seeds = changes[0]
    effects = try parameters.enumerated().map { index, parameter in
      func text(_ share: Double?) throws -> String { try parameter.text(at: share, in: tree) }
      return Effect(
        parameter: parameter, values: (try text(nil), try text(0), try text(1)),
        low: changes[2 * index + 1].map(mean), high: changes[2 * index + 2].map(mean))
    }
  }

  /// The change of each headline with the deployment as it is, mean over the seeds.
  public var base: [Double?] { seeds.map(mean) }

  /// How far apart the changes of a headline are, in percentage points: at both ends and with the deployment as it is.
  public func swing(of effect: Effect, _ headline: Int) -> Double? {
    guard let base = base[headline], let low = effect.low[headline], let high = effect.high[headline] else {
      return nil
    }
    return max(base, low, high) - min(base, low, high)
  }

  /// The parameters that have a swing in a headline, the largest swing first.
  public func ranked(by headline: Int) -> [(effect: Effect, swing: Double)] {
    effects.compactMap { effect in swing(of: effect, headline).map { (effect, $0) } }.enumerated()
      .sorted { ($1.element.1, $0.offset) < ($0.element.1, $1.offset) }.map(\.element)
  }
}
