import Base

/// Dense Llama, such as Llama-3.1-8B.
public enum Llama: ModelArchitecture {
  /// The name in config.json.
  public static var name: String { "LlamaForCausalLM" }

  /// Reads the sizes.
  public static func read(_ fields: inout ConfigFields) throws -> Transformer {
    var common = try fields.commonSizes()
    let format = try fields.quantizedFormat() ?? .bf16
    common.attention.format = format
    return Transformer(
      common, dense: Transformer.Dense(intermediate: try fields.size("intermediate_size"), format: format))
  }
}
