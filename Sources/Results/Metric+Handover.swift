import Sim

extension Metric {
  /// What moved between the replicas that prefill and those that decode.
  static let handover = [
    Metric(
      "kv_transfer_bytes", "KV transfer", .bytes, .handover, .smaller,
      "keys and values moved from replicas that prefill to replicas that decode", formula: "B_kv"
    ) { $0.movedBytes.value },
    Metric(
      "kv_transfer_mean_ms", "KV transfer mean", .milliseconds, .handover, .smaller,
      "mean time from a first token to the arrival of keys and values: the wait for blocks, for the link, and the move",
      formula: "Σ_r m_r / R_kv"
    ) { ratio($0.movingTime.value * 1e3, Double($0.requestsMoved)) },
  ]
}
