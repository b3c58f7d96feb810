import Base
import Results

/// All that was found out about a scenario.
public struct Findings: Sendable {
  /// What was looked into.
  public let scenario: Scenario
  /// Each parameter by itself.
  public let oneAtATime: OneAtATime
  /// All parameters together.
  public let sampled: Sampled
  /// Where the second policy stops winning.
  public let breakEven: BreakEven

  /// What was found out.
  public init(_ scenario: Scenario, _ oneAtATime: OneAtATime, _ sampled: Sampled, _ breakEven: BreakEven) {
    self.scenario = scenario
    self.oneAtATime = oneAtATime
    self.sampled = sampled
    self.breakEven = breakEven
  }

  /// Every point of the first two studies as CSV: its study, the value of each uncertain parameter, and each headline, empty where it was
  /// not looked for.
  public func csv() throws -> String {
    let parameters = sampled.parameters
    let headlines = oneAtATime.headlines
    func line(_ study: String, _ shares: (Int) -> Double?, _ changes: [Double?]) throws -> [String] {
      let values = try parameters.indices.map { index in
        try parameters[index].text(at: shares(index), in: scenario.tree, digits: 17)
      }
      return [study] + values + headlines.indices.map { $0 < changes.count ? changes[$0].map(exact) ?? "" : "" }
    }
    var rows = [["study"] + parameters.map(\.key.description) + headlines.map(\.name)]
    rows.append(try line("as it is", { _ in nil }, oneAtATime.base))
    for (index, effect) in oneAtATime.effects.enumerated() {
      rows.append(try line("low", { $0 == index ? 0 : nil }, effect.low))
      rows.append(try line("high", { $0 == index ? 1 : nil }, effect.high))
    }
    for (shares, changes) in zip(sampled.shares, sampled.changes) {
      rows.append(try line("sampled", { shares[$0] }, changes))
    }
    return rows.map { $0.map(csvField).joined(separator: ",") + "\n" }.joined()
  }

  /// All of it as one JSON object.
  public func json() throws -> ConfigNode {
    .object([
      ("lpsim", .text(scenario.programVersion)),
      ("baseline", .text(scenario.baseline)),
      ("policy", .text(scenario.rival)),
      ("trace", .text(scenario.trace.name)),
      ("rate_rps", .number(scenario.rate?.value)),
      ("requests", .whole(scenario.requestCount)),
      ("seeds", .list(scenario.seeds.map { .whole($0) })),
      ("as_it_is", changes(oneAtATime.base)),
      ("one_at_a_time", .list(oneAtATime.effects.map(effect))),
      ("sampled", samples),
      ("break_even", .list(try breakEven.lines.map(line))),
    ])
  }

  private func changes(_ values: [Double?]) -> ConfigNode {
    .object(zip(oneAtATime.headlines, values).map { ($0.name, .number($1)) })
  }

  private func effect(_ effect: OneAtATime.Effect) -> ConfigNode {
    .object([
      ("parameter", .text(effect.parameter.key.description)),
      ("why", .text(effect.parameter.why)),
      ("now", .text(effect.values.now)),
      ("low", .text(effect.values.low)),
      ("high", .text(effect.values.high)),
      ("at_low", changes(effect.low)),
      ("at_high", changes(effect.high)),
      ("swing_pp", changes(oneAtATime.headlines.indices.map { oneAtATime.swing(of: effect, $0) })),
    ])
  }

  private var samples: ConfigNode {
    let headlines = sampled.headlines.indices.map { index in
      let correlations = sampled.parameters.enumerated().map { parameter in
        (parameter.element.key.description, ConfigNode.number(sampled.correlation(parameter.offset, index)))
      }
      let entry = ConfigNode.object([
        ("p5", .number(sampled.quantile(index, 0.05))), ("p50", .number(sampled.quantile(index, 0.5))),
        ("p95", .number(sampled.quantile(index, 0.95))),
        ("won_pct", .number(sampled.winShare(index).map { 100 * $0 })), ("rank_correlation", .object(correlations)),
      ])
      return (sampled.headlines[index].name, entry)
    }
    return .object([("samples", .whole(sampled.shares.count)), ("headlines", .object(headlines))])
  }

  private func line(_ line: BreakEven.Line) throws -> ConfigNode {
    func text(_ share: Double) throws -> ConfigNode { .text(try line.parameter.text(at: share, in: scenario.tree)) }
    return .object([
      ("parameter", .text(line.parameter.key.description)),
      ("why", .text(line.parameter.why)),
      ("headline", .text(line.headline.name)),
      ("range", .list([try text(0), try text(1)])),
      ("grid", .list(line.grid.map { .number($0) })),
      ("wins", .list(try line.wins.map { .list([try text($0.lowerBound), try text($0.upperBound)]) })),
    ])
  }
}
