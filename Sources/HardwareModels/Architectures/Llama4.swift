import Base

/// Llama 4 as it is published, beside an image encoder, which is not modelled: its text model.
public enum Llama4: ModelArchitecture {
  /// The name in config.json.
  public static var name: String { "Llama4ForConditionalGeneration" }

  /// Reads the sizes in `text_config`; what is quantised stands outside it.
  public static func read(_ fields: inout ConfigFields) throws -> Transformer {
    fields.ignore("model_type", "torch_dtype", "dtype")
    let format = try fields.quantizedFormat() ?? .bf16
    var text = try fields.object("text_config")
    let transformer = try Llama4Text.read(&text, format)
    try text.finishAllowingStrangers()
    return transformer
  }
}

/// The text model of Llama 4 alone: one shared expert beside the routed ones, in every n-th layer; three of four layers
/// attend within a chunk of the context, and the fourth, whose queries and keys are not rotated, to all of it.
public enum Llama4Text: ModelArchitecture {
  /// The name in config.json.
  public static var name: String { "Llama4ForCausalLM" }

  /// Reads the sizes.
  public static func read(_ fields: inout ConfigFields) throws -> Transformer {
    try read(&fields, fields.quantizedFormat() ?? .bf16)
  }

  /// A token sees its own chunk of `attention_chunk_size` tokens; as a window of that many, which is modelled, it sees more
  /// once the context is longer than a chunk: up to twice as much on average.
  fileprivate static func read(_ fields: inout ConfigFields, _ format: NumberFormat) throws -> Transformer {
    var common = try fields.commonSizes()
    common.attention.format = format
    common.attention.hasQueryKeyNorm = try fields.flag("use_qk_norm")
    var experts = try fields.experts(count: "num_local_experts", intermediate: "intermediate_size", format: format)
    experts.sharedIntermediate = experts.intermediate
    let dense = Transformer.Dense(intermediate: try fields.size("intermediate_size_mlp"), format: format)
    var transformer = Transformer(
      common, dense: dense, experts: experts, sparseLayers: try sparseLayers(&fields, count: common.layers),
      window: try fields.size("attention_chunk_size"))
    transformer.windowedLayers = try rotatedLayers(&fields, count: common.layers)
    return transformer
  }

  private static func sparseLayers(_ fields: inout ConfigFields, count: Int) throws -> [Bool] {
    let step = try fields.integer("interleave_moe_layer_step", in: 1...count, "num_hidden_layers")
    return try fields.layers("moe_layers", count: count) ?? (0..<count).map { ($0 + 1) % step == 0 }
  }

  /// `no_rope_layers` has a 1 for each layer that is rotated; every fourth is not where it is missing or empty.
  private static func rotatedLayers(_ fields: inout ConfigFields, count: Int) throws -> [Bool] {
    let given = fields.optional("no_rope_layers")
    let marks = try given?.elements() ?? []
    guard let given, !marks.isEmpty else { return (0..<count).map { ($0 + 1) % 4 != 0 } }
    guard marks.count == count else {
      throw given.error("\(marks.count) layers are marked; expected \(count), num_hidden_layers")
    }
    return try marks.map { try $0.integer(in: 0...1) == 1 }
  }
}
