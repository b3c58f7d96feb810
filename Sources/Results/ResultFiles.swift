import Base

/// Finished runs of one configuration as one JSON object: what was simulated, then in `runs` each policy with its
/// metrics under their names. The same runs give the same bytes; a metric without a value is null.
public func resultJSON(_ results: [RunResult]) -> String {
  precondition(!results.isEmpty, "a JSON object is about at least one run")
  let run = results[0].run
  precondition(results.allSatisfy { $0.run.configHash == run.configHash }, "one object holds one configuration")
  let fields = [
    ("lpsim", jsonString(run.programVersion)),
    ("config_hash", jsonString(run.configHash)),
    ("name", jsonString(run.name)),
    ("trace", jsonString(run.trace)),
    ("rate_rps", run.rate.map(exact) ?? "null"),
    ("seed", "\(run.seed)"),
    ("slo_ttft_ms", exact(run.serviceLevel.timeToFirstToken.milliseconds)),
    ("slo_tbt_ms", exact(run.serviceLevel.timeBetweenTokens.milliseconds)),
    ("runs", "[\n" + results.map(runJSON).joined(separator: ",\n") + "\n  ]"),
  ]
  return "{\n" + fields.map { "  \(jsonString($0)): \($1)" }.joined(separator: ",\n") + "\n}\n"
}

private func runJSON(_ result: RunResult) -> String {
  let values = zip(Metric.all, result.values).map { metric, value in (metric.name, value.map(exact) ?? "null") }
  let fields = [("policy", jsonString(result.run.policy))] + values
  return "    {\n" + fields.map { "      \(jsonString($0)): \($1)" }.joined(separator: ",\n") + "\n    }"
}

/// Finished runs as CSV (RFC 4180): a line of names, then one line a run; a metric without a value is empty.
public func resultCSV(_ results: [RunResult]) -> String {
  let names = ["name", "policy", "trace", "rate_rps", "seed", "config_hash"] + Metric.all.map(\.name)
  let rows = results.map { result in
    let run = result.run
    return [run.name, run.policy, run.trace, run.rate.map(exact) ?? "", "\(run.seed)", run.configHash]
      + result.values.map { $0.map(exact) ?? "" }
  }
  return csvText([names] + rows)
}

/// Rows of fields as CSV.
public func csvText(_ rows: [[String]]) -> String {
  rows.map { $0.map(csvField).joined(separator: ",") + "\n" }.joined()
}

/// A field as CSV writes it: in quotes where it holds a comma, a quote or a line break.
public func csvField(_ text: String) -> String {
  guard text.unicodeScalars.contains(where: { ",\"\r\n".unicodeScalars.contains($0) }) else { return text }
  return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
}
