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
    let count = try fields.expertCount("num_local_experts")
    var experts = Transformer.Experts(
      count: count, topK: try fields.integer("num_experts_per_tok", in: 1...count, "num_local_experts"),
      intermediate: try fields.size("intermediate_size"))
    experts.hasBias = true
    experts.format = try fields.quantizedFormat(among: [.mxfp4]) ?? .bf16
    var transformer = Transformer(
      common, feedForward: .experts(experts), window: try fields.size("sliding_window"))
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
