import HardwareModels
import Sim

extension Metric {
  /// What the GPUs did; every figure is summed over all of them.
  static let work = [
    Metric(
      "iterations", "iterations", .count, .work, .neither, "iterations that ran", formula: "I"
    ) { Double($0.iterations) },
    Metric(
      "mean_iteration_ms", "mean iteration", .milliseconds, .work, .neither,
      "length of an iteration, host time included", formula: "Σ_i d_i / I"
    ) { ratio($0.work.duration.value * 1e3, Double($0.iterations)) },
    Metric(
      "kernel_time_pct", "kernel time", .percent, .work, .larger,
      "share of the iterations' time in which kernels run", formula: "100 · Σ_i k_i / Σ_i d_i"
    ) { ratio(100 * $0.work.kernelTime.value, $0.work.duration.value) },
    Metric(
      "mean_decode_batch", "mean decode batch", .count, .work, .neither,
      "requests that decode in an iteration, mean over those in which any does", formula: "Σ_i q_i / I_q"
    ) { ratio(Double($0.decodedTokens), Double($0.decodeIterations)) },
    Metric(
      "preemptions", "preemptions", .count, .work, .smaller,
      "times a decoding request lost its KV cache, to be computed again", formula: "V"
    ) { Double($0.preemptions) },
    Metric(
      "flops", "arithmetic", .flops, .work, .smaller,
      "floating-point operations; a multiply-add counts two", formula: "Σ_i F_i"
    ) { $0.work.flops.value },
    Metric(
      "hbm_bytes", "HBM traffic", .bytes, .work, .smaller,
      "bytes read from and written to GPU memory, all classes below", formula: "Σ_i (B_i less its link class)"
    ) { $0.work.traffic.memory.value },
    traffic(.denseWeights, "dense_weights_bytes", "  dense weights", "weights that every token uses, read"),
    traffic(.expertWeights, "expert_weights_bytes", "  expert weights", "weights of routed experts, read"),
    traffic(.kvRead, "kv_read_bytes", "  KV read", "keys and values read by attention"),
    traffic(.kvWrite, "kv_write_bytes", "  KV write", "keys and values of new tokens written"),
    traffic(.activations, "activations_bytes", "  activations", "everything between the kernels of a layer"),
    traffic(
      .expertWeights, "expert_load_bytes", "expert load",
      "distinct experts touched x bytes of one, all MoE layer calls: the expert weights"),
    Metric(
      "expert_load_bytes_per_request", "expert load per request", .bytes, .work, .smaller,
      "expert load for each completed request", formula: "Σ_i B_i,expertWeights / R"
    ) { ratio($0.work.traffic[.expertWeights].value, Double($0.requestsCompleted)) },
    traffic(.link, "nvlink_bytes", "NVLink traffic", "bytes sent over the link between GPUs"),
  ]

  private static func traffic(
    _ kind: TrafficClass, _ name: String, _ title: String, _ description: String
  ) -> Metric {
    Metric(name, title, .bytes, .work, .smaller, description, formula: "Σ_i B_i,\(kind)") {
      $0.work.traffic[kind].value
    }
  }
}
