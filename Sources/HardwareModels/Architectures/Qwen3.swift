import Base

/// Dense Qwen3, such as Qwen3-8B.
public enum Qwen3: ModelArchitecture {
  /// The name in config.json.
  public static var name: String { "Qwen3ForCausalLM" }

  /// Reads the sizes.
  public static func read(_ fields: inout ConfigFields) throws -> Transformer {
    var common = try fields.commonSizes()
    let format = try fields.quantizedFormat() ?? .bf16
    common.attention.hasQueryKeyNorm = true
    common.attention.format = format
    let dense = Transformer.Dense(intermediate: try fields.size("intermediate_size"), format: format)
    return Transformer(common, dense: dense, window: try fields.windowOfEveryLayer())
  }
}
