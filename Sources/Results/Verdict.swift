/// What finished runs mean, in one sentence made from their numbers. Each is measured against the first.
public func verdict(_ results: [RunResult]) -> String {
  precondition(!results.isEmpty, "a verdict is about at least one run")
  let served = results.filter { $0["requests_completed"].map { $0 > 0 } ?? false }
  guard served.count == results.count else {
    let idle = results.filter { $0["requests_completed"] == 0 }.map(\.run.policy)
    return "No request was completed under \(listed(idle)), so there is nothing to compare."
  }
  if results.count == 1 { return account(of: results[0]) }
  return results.dropFirst().map { sentence($0, against: results[0]) }.joined(separator: "\n")
}

/// One run by itself.
private func account(of result: RunResult) -> String {
  var facts: [String] = []
  if let ttft = result["ttft_mean_ms"] { facts.append("takes \(readable(ttft)) ms to the first token on average") }
  if let energy = result["energy_per_token_mj"] { facts.append("draws \(readable(energy)) mJ per token") }
  if let share = result["slo_attainment_pct"] { facts.append("meets the SLOs for \(percentage(share)) of requests") }
  return "\(capitalised(result.run.policy)) \(listed(facts))."
}

/// One run against another.
private func sentence(_ result: RunResult, against baseline: RunResult) -> String {
  let other = baseline.run.policy
  let facts = [
    completion(result, baseline, other), costs(result, baseline), expertLoad(result, baseline, other),
    attainment(result, baseline, other),
  ].flatMap { $0 }
  return "Against \(other), \(result.run.policy) \(listed(facts))."
}

private func completion(_ result: RunResult, _ baseline: RunResult, _ other: String) -> [String] {
  guard let count = result["requests_completed"], let before = baseline["requests_completed"] else { return [] }
  let arrived = readable(result["requests_arrived"] ?? count)
  return count == before ? [] : ["completes \(readable(count)) of \(arrived) requests (\(other): \(readable(before)))"]
}

/// Mean TTFT and energy per token: under one verb where both move the same way.
private func costs(_ result: RunResult, _ baseline: RunResult) -> [String] {
  let moves = [("mean TTFT", "ttft_mean_ms"), ("energy per token", "energy_per_token_mj")].compactMap {
    (title, name) in
    change(name, result, baseline).map { (title: title, change: $0) }
  }
  var facts: [(verb: String, things: [String])] = []
  for move in moves {
    let verb = move.change.isNothing ? "leaves" : move.change.percent < 0 ? "cuts" : "raises"
    let thing = move.change.isNothing ? "\(move.title) within 0.1 %" : "\(move.title) by \(move.change.size)"
    if let last = facts.last, last.verb == verb {
      facts[facts.count - 1].things.append(thing)
    } else {
      facts.append((verb, [thing]))
    }
  }
  return facts.map { "\($0.verb) \(listed($0.things))" }
}

private func expertLoad(_ result: RunResult, _ baseline: RunResult, _ other: String) -> [String] {
  guard let change = change("expert_load_bytes", result, baseline) else { return [] }
  if change.isNothing { return ["reads as many expert bytes"] }
  return ["reads \(change.size) \(change.percent < 0 ? "fewer" : "more") expert bytes"]
}

private func attainment(_ result: RunResult, _ baseline: RunResult, _ other: String) -> [String] {
  guard let share = result["slo_attainment_pct"], let before = baseline["slo_attainment_pct"] else { return [] }
  let fact = "meets the SLOs for \(percentage(share)) of requests"
  return [share == before ? "\(fact), as \(other) does" : "\(fact) (\(other): \(percentage(before)))"]
}

/// A relative change in percent.
private struct Change {
  let percent: Double
  /// Whether it is too small to speak of.
  var isNothing: Bool { percent.magnitude < 0.1 }
  /// How large it is: whole percents where there are ten or more.
  var size: String { grouped(percent.magnitude, decimals: percent.magnitude < 10 ? 1 : 0) + " %" }
}

private func change(_ name: String, _ result: RunResult, _ baseline: RunResult) -> Change? {
  guard let new = result[name], let old = baseline[name], old > 0 else { return nil }
  return Change(percent: 100 * (new - old) / old)
}

/// A share of a hundred: as many decimals as keep few from reading as none, and most from reading as all.
private func percentage(_ share: Double) -> String {
  if share == share.rounded() { return grouped(share, decimals: 0) + " %" }
  let isHonest = { (decimals: Int) in
    ![0, 100].contains { grouped($0, decimals: decimals) == grouped(share, decimals: decimals) }
  }
  return grouped(share, decimals: (1...12).first(where: isHonest) ?? 12) + " %"
}

private func listed(_ things: [String]) -> String {
  guard things.count > 2 else { return things.joined(separator: " and ") }
  return things.dropLast().joined(separator: ", ") + ", and " + things[things.count - 1]
}

private func capitalised(_ word: String) -> String { word.prefix(1).uppercased() + word.dropFirst() }
