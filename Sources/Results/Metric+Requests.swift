import Sim

extension Metric {
  /// What came in and what went out.
  static let requests = [
    Metric(
      "requests_arrived", "arrived", .count, .requests, .neither,
      "requests that arrived", formula: "A"
    ) { Double($0.requestsArrived) },
    Metric(
      "requests_completed", "completed", .count, .requests, .larger,
      "requests whose tokens all came out", formula: "R"
    ) { Double($0.requestsCompleted) },
    Metric(
      "requests_rejected", "rejected", .count, .requests, .smaller,
      "requests turned away, for either reason below", formula: "X_len + X_mem"
    ) { Double($0.requestsRejected) },
    Metric(
      "requests_rejected_too_long", "  too long", .count, .requests, .smaller,
      "requests turned away because prompt and answer exceed the model's length", formula: "X_len"
    ) { Double($0.requestsRejectedTooLong) },
    Metric(
      "requests_rejected_no_memory", "  no memory", .count, .requests, .smaller,
      "requests turned away because the KV cache could never hold them", formula: "X_mem"
    ) { Double($0.requestsRejectedNoMemory) },
    Metric(
      "prompt_tokens", "prompt tokens", .count, .requests, .neither,
      "prompt tokens of completed requests", formula: "Σ_r p_r"
    ) { Double($0.promptTokens) },
    Metric(
      "prefix_cache_hit_pct", "prefix cache hits", .percent, .requests, .larger,
      "prompt tokens of completed requests that were cached when the request was first admitted",
      formula: "100 · Σ_r h_r / Σ_r p_r"
    ) { ratio(100 * Double($0.cachedTokens), Double($0.promptTokens)) },
    Metric(
      "output_tokens", "output tokens", .count, .requests, .neither,
      "output tokens of completed requests", formula: "Σ_r o_r"
    ) { Double($0.outputTokens) },
    Metric(
      "makespan_s", "makespan", .seconds, .requests, .smaller,
      "first arrival to last token", formula: "T = max_r c_r − min_r a_r"
    ) { $0.servingSeconds },
    Metric(
      "request_throughput_rps", "request throughput", .requestsPerSecond, .requests, .larger,
      "completed requests a second", formula: "R / T"
    ) { ratio(Double($0.requestsCompleted), $0.servingSeconds) },
    Metric(
      "output_throughput_tps", "output throughput", .tokensPerSecond, .requests, .larger,
      "output tokens of completed requests a second", formula: "Σ_r o_r / T"
    ) { ratio(Double($0.outputTokens), $0.servingSeconds) },
    Metric(
      "mean_requests_in_flight", "mean in flight", .count, .requests, .smaller,
      "requests waiting, prefilling, moving or decoding just after an arrival, mean over arrivals",
      formula: "Σ_r n_r / A"
    ) { ratio(Double($0.inFlightAtArrivals), Double($0.requestsArrived)) },
  ]

  /// How many requests met their limits.
  static let serviceLevel = [
    Metric(
      "slo_attainment_pct", "SLO attainment", .percent, .serviceLevel, .larger,
      "completed requests whose TTFT and every gap between tokens are within the limits",
      formula: "100 · G / R"
    ) { ratio(100 * Double($0.requestsWithinServiceLevel), Double($0.requestsCompleted)) },
    Metric(
      "goodput_rps", "goodput", .requestsPerSecond, .serviceLevel, .larger,
      "requests within the limits a second", formula: "G / T"
    ) { ratio(Double($0.requestsWithinServiceLevel), $0.servingSeconds) },
  ]
}
