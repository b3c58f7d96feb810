import HardwareModels
import Sim

extension Metric {
  /// What all GPUs drew from the first arrival to the last token, while they worked and while they waited.
  static let energy = [
    Metric(
      "energy_j", "energy", .joules, .energy, .smaller,
      "energy of all GPUs, all components below", formula: "E = E_wait + Σ_i E_i + E_kv"
    ) { $0.energy },
    Metric(
      "energy_idle_j", "  idle", .joules, .energy, .smaller,
      "what the GPUs draw whether they work or not, waiting included",
      formula: "E_wait + Σ_i E_i,idle"
    ) { $0.metered($0.work.energy[.idle] + $0.idleEnergy) },
    component(.busy, "energy_busy_j", "  busy", "what they draw on top of it while kernels run, whatever these do"),
    component(.compute, "energy_compute_j", "  compute", "arithmetic"),
    component(.weights, "energy_weights_j", "  weights", "reading weights from HBM"),
    component(.kvCache, "energy_kv_cache_j", "  KV cache", "reading and writing keys and values"),
    component(.activations, "energy_activations_j", "  activations", "reading and writing activations"),
    component(
      .link, "energy_link_j", "  link", "bytes over the link between GPUs, and moved ones where their price is known",
      more: " + E_kv"),
    Metric(
      "energy_per_token_mj", "energy per token", .millijoules, .energy, .smaller,
      "energy for each prompt and output token of completed requests", formula: "1000 · E / Σ_r (p_r + o_r)"
    ) { ratio($0.energy.map { 1000 * $0 }, $0.servedTokens) },
    Metric(
      "energy_per_output_token_mj", "energy per output token", .millijoules, .energy, .smaller,
      "energy for each output token of completed requests", formula: "1000 · E / Σ_r o_r"
    ) { ratio($0.energy.map { 1000 * $0 }, Double($0.outputTokens)) },
    Metric(
      "mean_power_w", "mean power", .watts, .energy, .smaller,
      "power of all GPUs together, mean over the makespan", formula: "E / T"
    ) { ratio($0.energy, $0.servingSeconds) },
    Metric(
      "mean_power_per_gpu_w", "mean power per GPU", .watts, .energy, .smaller,
      "power of one GPU, mean over the GPUs and the makespan", formula: "E / (T · N)"
    ) { summary in ratio(summary.energy, summary.servingSeconds.map { $0 * Double(summary.gpuCount) }) },
  ]

  private static func component(
    _ kind: EnergyComponent, _ name: String, _ title: String, _ description: String, more: String = ""
  ) -> Metric {
    Metric(name, title, .joules, .energy, .smaller, description, formula: "Σ_i E_i,\(kind)\(more)") {
      $0.metered($0.work.energy[kind])
    }
  }
}
