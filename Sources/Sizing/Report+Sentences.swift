import Results

extension Report {
  /// What it means, in a sentence or two.
  public var meaning: String {
    let shown = study.best.isEmpty ? study.asItIs : study.best
    let unbounded = shown.compactMap(complaint)
    guard unbounded.isEmpty else { return unbounded.joined(separator: " ") }
    let facts = shown.count == 1 ? [account(of: shown[0])] : shown.dropFirst().map { sentence($0, against: shown[0]) }
    return "\(condition): \(facts.joined(separator: "; "))."
  }

  private var condition: String {
    let level = question.serviceLevel
    let limits =
      "TTFT \(readable(level.timeToFirstToken.seconds)) s, TBT \(readable(level.timeBetweenTokens.milliseconds)) ms"
    let best = study.best.isEmpty ? "" : ", each policy at its best"
    switch question.objective {
    case .capacity(let share): return "With \(readable(share)) % of requests within their limits (\(limits))\(best)"
    case .metric(_, let rate): return "At \(readable(rate.value)) requests a second\(best)"
    }
  }

  /// Why a standing has no value, if it has none.
  private func complaint(_ standing: Standing) -> String? {
    guard let exception = standing.exception else { return nil }
    let policy = standing.contender.label
    guard let bound = exception.bound, case .capacity(let share) = question.objective else {
      return "\(policy): no value, as no request was completed or nothing was metered."
    }
    let seeds = standing.outcomes.count { $0.value == nil }
    let which = seeds == standing.outcomes.count ? "" : " with \(seeds) of \(standing.outcomes.count) seeds"
    if case .above = exception {
      return "\(policy) keeps up with every rate that was tried\(which): its capacity is \(bound) requests a second."
    }
    return "\(policy) cannot meet the limits for \(readable(share)) % of requests at any rate\(which): its capacity is "
      + "\(bound) requests a second, the lowest that was tried."
  }

  private func account(of standing: Standing) -> String {
    guard let estimate = standing.estimate else { preconditionFailure("whatever has no value was complained about") }
    let value = "\(readable(estimate.mean))\(question.objective.unit.suffix)"
    let interval = estimate.interval.map {
      " (95 % confidence interval \(readable($0.lowerBound)) to \(readable($0.upperBound)))"
    }
    let verb = question.objective.isRate ? "carries" : "has a \(question.objective.title) of"
    return "\(standing.contender.label) \(verb) \(value)\(interval ?? "")"
  }

  /// One policy against the first: the mean of the changes that each seed gave, which share their requests.
  private func sentence(_ standing: Standing, against baseline: Standing) -> String {
    let (policy, other) = (standing.contender.label, baseline.contender.label)
    guard let change = standing.change(from: baseline) else {
      return "\(other) comes to nothing to which \(policy) could be compared"
    }
    let things = question.objective.isRate ? "requests a second" : question.objective.title
    if let interval = change.interval, interval.contains(0) {
      return "no difference in \(things) between \(policy) and \(other) is certain: "
        + "\(span(interval)) (95 % confidence)"
    }
    let size = "\(grouped(change.mean.magnitude, decimals: 1)) %"
    let verb = question.objective.isRate ? "carries" : "has"
    let direction = change.mean < 0 ? (question.objective.isRate ? "fewer" : "less") : "more"
    let interval = change.interval.map { " (95 % confidence interval \(span($0)))" } ?? ""
    return
      "\(policy) \(verb) \(size) \(direction) \(things) than \(other)\(interval)\(energy(standing, baseline))"
  }

  private func energy(_ standing: Standing, _ baseline: Standing) -> String {
    let name = "energy_per_token_mj"
    guard question.objective.name != name, let new = standing.estimate({ $0[name] })?.mean,
      let old = baseline.estimate({ $0[name] })?.mean, old > 0
    else { return "" }
    let change = 100 * (new / old - 1)
    return ", with \(grouped(change.magnitude, decimals: 1)) % \(change < 0 ? "less" : "more") energy per token"
  }

  private func span(_ interval: ClosedRange<Double>) -> String {
    "\(signed(interval.lowerBound)) to \(signed(interval.upperBound)) %"
  }
}

extension MetricUnit {
  fileprivate var suffix: String {
    switch self {
    case .requestsPerSecond: " requests a second"
    case .count: ""
    default: " \(rawValue)"
    }
  }
}

extension Standing {
  /// How much more it comes to, in per cent, seed by seed; nil where a seed has no value in both, or none to divide by.
  public func change(from baseline: Standing) -> Estimate? {
    zip(outcomes, baseline.outcomes).map { ($0.value, $1.value) }.estimate { new, old in
      guard let new, let old, old > 0 else { return nil }
      return 100 * (new / old - 1)
    }
  }
}
