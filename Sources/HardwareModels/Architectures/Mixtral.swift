import Base

/// Mixtral: Mistral with routed experts in every layer.
public enum Mixtral: ModelArchitecture {
  /// The name in config.json.
  public static var name: String { "MixtralForCausalLM" }

  /// Reads the sizes.
  public static func read(_ fields: inout ConfigFields) throws -> Transformer {
    var common = try fields.commonSizes()
    let format = try fields.quantizedFormat(among: [.fp8]) ?? .bf16
    common.attention.format = format
    let count = try fields.expertCount("num_local_experts")
    var experts = Transformer.Experts(
      count: count, topK: try fields.integer("num_experts_per_tok", in: 1...count, "num_local_experts"),
      intermediate: try fields.size("intermediate_size"))
    experts.format = format
    return Transformer(common, feedForward: .experts(experts), window: try fields.windowOfEveryLayer())
  }
}
