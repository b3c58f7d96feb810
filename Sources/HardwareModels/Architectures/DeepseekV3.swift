import Base

/// DeepSeek-V3 and R1: latent attention, leading dense layers, then shared and routed experts. The layer that predicts a
/// second token is no part of serving and left out.
public enum DeepseekV3: ModelArchitecture {
  /// The name in config.json.
  public static var name: String { "DeepseekV3ForCausalLM" }

  /// Reads the sizes. From `first_k_dense_replace` on, every `moe_layer_freq`-th layer has experts.
  public static func read(_ fields: inout ConfigFields) throws -> Transformer {
    var common = try fields.commonSizes { fields, _, heads in
      Transformer.Attention(heads: heads, latent: try fields.latent())
    }
    let format = try fields.quantizedFormat() ?? .bf16
    common.attention.format = format
    var experts = try fields.experts(count: "n_routed_experts", intermediate: "moe_intermediate_size", format: format)
    if let shared = fields.optional("n_shared_experts") {
      experts.sharedIntermediate = try shared.integer(in: 0...1024) * experts.intermediate
    }
    let first = try fields.integer("first_k_dense_replace", in: 0...common.layers - 1, "num_hidden_layers - 1")
    let step = try fields.optional("moe_layer_freq")?.integer(in: 1...common.layers, "num_hidden_layers") ?? 1
    let sparse = (0..<common.layers).map { $0 >= first && $0 % step == 0 }
    let dense = Transformer.Dense(intermediate: try fields.size("intermediate_size"), format: format)
    return Transformer(common, dense: dense, experts: experts, sparseLayers: sparse)
  }
}

extension ConfigFields {
  /// The widths of multi-head latent attention; `q_lora_rank` may be null.
  fileprivate mutating func latent() throws -> Transformer.Latent {
    let widths = 1...65536
    let rank = try optional("q_lora_rank")?.integer(in: widths)
    let latent = Transformer.Latent(
      queryRank: rank, rank: try integer("kv_lora_rank", in: widths),
      plainDim: try integer("qk_nope_head_dim", in: widths), rotaryDim: try integer("qk_rope_head_dim", in: widths),
      valueDim: try integer("v_head_dim", in: widths))
    guard (latent.keyDim + latent.valueDim) % 2 == 0 else {
      throw try required("v_head_dim").error("the widths of a head's key and value do not have a whole mean")
    }
    return latent
  }
}
