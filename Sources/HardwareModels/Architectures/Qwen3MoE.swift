import Base

/// Qwen3 with routed experts in every layer, such as Qwen3-30B-A3B.
public enum Qwen3MoE: ModelArchitecture {
  /// The name in config.json.
  public static var name: String { "Qwen3MoeForCausalLM" }

  /// Reads the sizes; layers without experts are not modelled.
  public static func read(_ fields: inout ConfigFields) throws -> Transformer {
    var common = try fields.commonSizes()
    let format = try fields.quantizedFormat(among: [.fp8]) ?? .bf16
    common.attention.hasQueryKeyNorm = true
    common.attention.format = format
    let count = try fields.expertCount("num_experts")
    var experts = Transformer.Experts(
      count: count, topK: try fields.integer("num_experts_per_tok", in: 1...count, "num_experts"),
      intermediate: try fields.size("moe_intermediate_size"))
    experts.format = format
    if let sparse = fields.optional("decoder_sparse_step"), try sparse.integer(in: 0...4096) != 1 {
      throw sparse.error("\(sparse.described) makes some layers dense, which is not modelled; expected 1")
    }
    if let dense = fields.optional("mlp_only_layers"), try !dense.elements().isEmpty {
      throw dense.error("dense layers among the sparse ones are not modelled; expected an empty list")
    }
    return Transformer(common, feedForward: .experts(experts), window: try fields.windowOfEveryLayer())
  }
}
