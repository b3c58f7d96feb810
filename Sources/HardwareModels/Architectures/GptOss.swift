import Base

/// GPT-OSS: experts in every layer, attention with sinks that sees a window in every other layer. The published
/// weights are MXFP4 in the experts only.
public enum GptOss: ModelArchitecture {
  /// The name in config.json.
  public static var name: String { "GptOssForCausalLM" }

  /// Reads the sizes.
  public static func read(_ fields: inout ConfigFields) throws -> Transformer {
    var common = try fields.commonSizes()
    common.attention.hasInputBias = true
    common.attention.hasOutputBias = true
    common.attention.hasSinks = true
    var experts = try fields.experts(
      count: "num_local_experts", intermediate: "intermediate_size",
      format: fields.quantizedFormat(among: [.mxfp4]) ?? .bf16)
    experts.hasBias = true
    var transformer = Transformer(common, experts: experts, window: try fields.size("sliding_window"))
    transformer.windowedLayers = try windowedLayers(fields.required("layer_types"), count: common.layers)
    return transformer
  }

  private static func windowedLayers(_ list: ConfigNode, count: Int) throws -> [Bool] {
    let types = try list.elements()
    guard types.count == count else {
      throw list.error("\(types.count) layers are typed; expected \(count), num_hidden_layers")
    }
    return try types.map { node in
      switch try node.string() {
      case "sliding_attention": true
      case "full_attention": false
      default: throw node.error("\(node.described) is not \"sliding_attention\" or \"full_attention\"")
      }
    }
  }
}
