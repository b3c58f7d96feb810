import Base
import Results

extension Report {
  /// All of it as one JSON object.
  public var json: ConfigNode {
    let level = question.serviceLevel
    var members: [(String, ConfigNode)] = [
      ("lpsim", .text(question.programVersion)),
      ("name", .text(question.deployment.name)),
      ("trace", .text(question.trace.name)),
      ("objective", .text(question.objective.name)),
    ]
    switch question.objective {
    case .capacity(let share): members.append(("slo_attainment_pct", .number(share)))
    case .metric(_, let rate): members.append(("rate_rps", .number(rate.value)))
    }
    members += [
      ("slo_ttft_ms", .number(level.timeToFirstToken.milliseconds)),
      ("slo_tbt_ms", .number(level.timeBetweenTokens.milliseconds)),
      ("requests", question.requestCount.map { .whole($0) } ?? .number(nil)),
      ("seconds", .number(question.seconds)),
      ("price_per_gpu_hour", .number(price)),
      ("seeds", .list(question.seeds.map { .whole($0) })),
      ("simulations", .whole(study.simulations)),
      ("as_it_is", .list(study.asItIs.map { standing($0, against: study.asItIs[0]) })),
      ("best", .list(study.best.map { standing($0, against: study.best[0]) })),
      ("refused", .list(study.refused.map { .text($0) })),
      ("meaning", .text(meaning)),
    ]
    return .object(members)
  }

  private func standing(_ standing: Standing, against baseline: Standing) -> ConfigNode {
    let choice = standing.contender.choice
    return .object(
      [
        ("policy", .text(standing.contender.policy)),
        ("settings", .object(choice.map { [($0.setting.path, .whole($0.value))] } ?? [])),
        (question.objective.name, estimate(standing.estimate)),
        ("by_seed", .list(standing.outcomes.map { .number($0.value) })),
        ("bound", standing.exception?.bound.map { .text($0) } ?? .number(nil)),
        ("change_pct", estimate(standing.change(from: baseline))),
      ] + figures.map { ($0.name, estimate(standing.estimate($0.value))) })
  }

  private func estimate(_ estimate: Estimate?) -> ConfigNode {
    .object([
      ("mean", .number(estimate?.mean)),
      ("low", .number(estimate?.interval?.lowerBound)),
      ("high", .number(estimate?.interval?.upperBound)),
    ])
  }
}
