import Base

/// Qwen3 with routed experts in every layer, such as Qwen3-30B-A3B, or in some.
public enum Qwen3MoE: ModelArchitecture {
  /// The name in config.json.
  public static var name: String { "Qwen3MoeForCausalLM" }

  /// Reads the sizes. Every `decoder_sparse_step`-th layer has experts, but for `mlp_only_layers`.
  public static func read(_ fields: inout ConfigFields) throws -> Transformer {
    var common = try fields.commonSizes()
    let format = try fields.quantizedFormat() ?? .bf16
    common.attention.hasQueryKeyNorm = true
    common.attention.format = format
    let experts = try fields.experts(count: "num_experts", intermediate: "moe_intermediate_size", format: format)
    let step = try fields.optional("decoder_sparse_step")?.integer(in: 1...common.layers, "num_hidden_layers") ?? 1
    let isDense = try fields.layers("mlp_only_layers", count: common.layers)
    let sparse = (0..<common.layers).map { ($0 + 1) % step == 0 && isDense?[$0] != true }
    let width = sparse.contains(false) ? try fields.size("intermediate_size") : nil
    return Transformer(
      common, dense: width.map { Transformer.Dense(intermediate: $0, format: format) }, experts: experts,
      sparseLayers: sparse, window: try fields.windowOfEveryLayer())
  }
}
