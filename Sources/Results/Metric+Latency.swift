import Sim

extension Metric {
  /// How long requests took: five statistics of each of four lengths of time.
  static let latency =
    statistics("ttft", \.timeToFirstToken, "time to first token, over completed requests", formula: "f_r − a_r")
    + statistics("tbt", \.timeBetweenTokens, "time between successive tokens, pooled over requests", formula: "g_r,i")
    + statistics(
      "tpot", \.timePerOutputToken, "time per output token, over completed requests of two tokens or more",
      formula: "(c_r − f_r) / (o_r − 1)")
    + statistics("e2e", \.endToEnd, "time from arrival to last token, over completed requests", formula: "c_r − a_r")

  private static func statistics(
    _ name: String, _ distribution: any KeyPath<RunSummary, Distribution> & Sendable, _ description: String,
    formula: String
  ) -> [Metric] {
    func metric(_ key: String, _ value: @escaping @Sendable (Distribution) -> Double?) -> Metric {
      Metric(
        "\(name)_\(key)_ms", "\(name.uppercased()) \(key)", .milliseconds, .latency, .smaller,
        "\(key) \(description)", formula: "\(key) of \(formula)"
      ) { value($0[keyPath: distribution]) }
    }
    return [
      metric("mean") { $0.mean.map { $0.value * 1e3 } },
      metric("p50") { $0.percentile(50).map { $0.value * 1e3 } },
      metric("p90") { $0.percentile(90).map { $0.value * 1e3 } },
      metric("p99") { $0.percentile(99).map { $0.value * 1e3 } },
      metric("max") { $0.count > 0 ? $0.max.milliseconds : nil },
    ]
  }
}
