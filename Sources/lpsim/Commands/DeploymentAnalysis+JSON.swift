import Analysis
import Base
import HardwareModels

extension DeploymentAnalysis {
  /// All of it as one JSON object.
  var json: ConfigNode {
    .object([
      ("lpsim", .text(Program.version)), ("name", .text(deployment.name)), ("model", .text(deployment.model.name)),
      ("gpu", .text(deployment.gpu.name)), ("gpus", .whole(deployment.parallelism.gpuCount)),
      ("expert_placement", .text(deployment.parallelism.placement.rawValue)),
      ("redundant_experts", .whole(deployment.parallelism.redundantExperts)),
      ("context_tokens", .whole(context)), ("phases", .list(phases.map { $0.json })),
      ("attention_ridge_batch", .number(balance.attentionRidgeBatch)),
      ("expert_ridge_batch", .number(balance.expertRidgeBatch)),
      ("batch_capacity", capacity.map { .whole($0) } ?? .number(nil)),
      ("max_num_seqs", .whole(deployment.maxNumSeqs)),
      ("systems", .list(scaling?.points.map { $0.json } ?? [])), ("limit", .text(diagnosis.resource.rawValue)),
      ("meaning", .text(conclusion)),
    ])
  }
}

extension PhaseAnalysis {
  fileprivate var json: ConfigNode {
    .object([
      ("title", .text(title)), ("decoding_requests", .whole(batch)), ("duration_ms", .number(duration.value * 1e3)),
      ("expert_imbalance", .number(expertImbalance)), ("operators", .list(operators.map { $0.json })),
    ])
  }
}

extension OperatorAnalysis {
  fileprivate var json: ConfigNode {
    .object([
      ("name", .text(cost.name)), ("layers", .whole(cost.layers)), ("flop", .number(cost.flops.value)),
      ("memory_bytes", .number(cost.traffic.memory.value)), ("link_bytes", .number(cost.traffic[.link].value)),
      ("intensity_flop_per_byte", .number(intensity?.value)), ("ridge_flop_per_byte", .number(ridge?.value)),
      ("bound", .text(cost.bound.rawValue)), ("roofline_ms", .number(roofline.value * 1e3)),
      ("duration_ms", .number(cost.duration.value * 1e3)), ("share_pct", .number(100 * share)),
    ])
  }
}

extension Scaling.Point {
  fileprivate var json: ConfigNode {
    .object([
      ("gpus", .whole(balance.system.gpus)), ("attention_copies", .whole(balance.system.copies)),
      ("expert_copies", .whole(balance.system.expertCopies)),
      ("attention_ridge_batch", .number(balance.attentionRidgeBatch)),
      ("expert_ridge_batch", .number(balance.expertRidgeBatch)), ("batch_capacity", .number(batch)),
      ("tpot_ms", .number(batch > 0 ? time.total.value * 1e3 : nil)),
      ("link_ms", .number(batch > 0 ? time.link.value * 1e3 : nil)),
      (
        "tokens_per_second_and_gpu",
        .number(batch > 0 ? balance.tokensPerSecondAndGPU(batch: batch, in: time.total) : nil)
      ),
      ("limit", .text(limit.rawValue)),
    ])
  }
}
