import Base

/// Mixtral: Mistral with routed experts in every layer.
public enum Mixtral: ModelArchitecture {
  /// The name in config.json.
  public static var name: String { "MixtralForCausalLM" }

  /// Reads the sizes.
  public static func read(_ fields: inout ConfigFields) throws -> Transformer {
    var common = try fields.commonSizes()
    let format = try fields.quantizedFormat() ?? .bf16
    common.attention.format = format
    let experts = try fields.experts(count: "num_local_experts", intermediate: "intermediate_size", format: format)
    return Transformer(common, experts: experts, window: try fields.windowOfEveryLayer())
  }
}
