import Base

extension ClosedRange<Int> {
  /// Sizes beyond this are typing errors: every count in a transformer is below it.
  static let sizes = 1...16_777_216
}

/// An attention and the widths around it, as most of our architectures name them.
struct CommonSizes {
  var hidden: Int
  var layers: Int
  var vocabulary: Int
  var tiesEmbedding: Bool
  var attention: Transformer.Attention
}

extension ConfigFields {
  /// A size that must be there.
  mutating func size(_ key: String) throws -> Int { try integer(key, in: .sizes) }

  /// A size that need not be there.
  mutating func optionalSize(_ key: String) throws -> Int? { try optional(key)?.integer(in: .sizes) }

  /// A number of experts: for each of them a popularity is worked out.
  mutating func expertCount(_ key: String) throws -> Int { try integer(key, in: 1...16384) }

  /// A true or false that Hugging Face leaves out where it is false.
  mutating func flag(_ key: String) throws -> Bool { try optional(key)?.bool() ?? false }

  /// The keys that architectures with grouped-query attention share.
  mutating func commonSizes() throws -> CommonSizes {
    try commonSizes { fields, hidden, heads in
      let kvHeads = try fields.integer("num_key_value_heads", in: 1...heads, "num_attention_heads")
      guard heads % kvHeads == 0 else {
        throw try fields.required("num_key_value_heads")
          .error("\(kvHeads) does not divide num_attention_heads, \(heads)")
      }
      return Transformer.Attention(heads: heads, kvHeads: kvHeads, headDim: try fields.headDim(hidden, heads))
    }
  }

  /// The keys that most architectures share, and an attention that is read from the width of the residual stream and the
  /// number of heads.
  mutating func commonSizes(
    attention: (inout ConfigFields, _ hidden: Int, _ heads: Int) throws -> Transformer.Attention
  ) throws -> CommonSizes {
    try checkStoredFormat()
    let hidden = try size("hidden_size")
    let attention = try attention(&self, hidden, size("num_attention_heads"))
    let layers = try integer("num_hidden_layers", in: 1...4096)
    return CommonSizes(
      hidden: hidden, layers: layers, vocabulary: try size("vocab_size"),
      tiesEmbedding: try flag("tie_word_embeddings"), attention: attention)
  }

  /// Hugging Face leaves out a head width that is hidden_size / num_attention_heads.
  private mutating func headDim(_ hidden: Int, _ heads: Int) throws -> Int {
    if let given = optional("head_dim") { return try given.integer(in: .sizes) }
    guard hidden % heads == 0 else {
      throw node.error("the key \"head_dim\" is missing and \(heads) heads do not divide hidden_size \(hidden)")
    }
    return hidden / heads
  }

  /// Weights are BF16 (or FP16, as large) unless `quantization_config` says otherwise.
  mutating func checkStoredFormat() throws {
    ignore("model_type")
    for key in ["torch_dtype", "dtype"] {
      guard let given = optional(key) else { continue }
      let name = try given.string()
      guard name == "bfloat16" || name == "float16" else {
        throw given.error("\"\(name)\" is not modelled; expected \"bfloat16\" or \"float16\"")
      }
    }
  }

  /// The format of `quantization_config`; nil without one. FP8 with scales for blocks, channels or tensors counts alike.
  mutating func quantizedFormat(among known: [NumberFormat] = [.fp8, .int4]) throws -> NumberFormat? {
    guard let node = optional("quantization_config") else { return nil }
    var inner = try ConfigFields(node)
    let method = try inner.required("quant_method")
    let name = try method.string()
    let found = quantizationMethods.first { $0.name == name }
    guard let found, known.contains(found.format) else {
      let names = quantizationMethods.filter { known.contains($0.format) }.map { "\"\($0.name)\"" }
      throw method.error(
        "quantisation \"\(name)\" is not modelled for this architecture; expected \(names.joined(separator: " or "))")
    }
    if found.format == .int4 {
      _ = try inner.integer("bits", in: 4...4)
      _ = try inner.integer("group_size", in: 128...128)
    }
    return found.format
  }

  /// For each layer, whether the list under a key names it.
  mutating func layers(_ key: String, count: Int) throws -> [Bool]? {
    guard let list = optional(key) else { return nil }
    let named = try list.elements().map { try $0.integer(in: 0...count - 1, "num_hidden_layers") }
    return (0..<count).map { named.contains($0) }
  }

  /// The routed experts under the keys of an architecture. Their format is that of the rest.
  mutating func experts(count countKey: String, intermediate: String, format: NumberFormat) throws
    -> Transformer.Experts
  {
    let count = try expertCount(countKey)
    var experts = Transformer.Experts(
      count: count, topK: try integer("num_experts_per_tok", in: 1...count, countKey),
      intermediate: try size(intermediate))
    experts.format = format
    return experts
  }

  /// The window of a model that names one and uses it in every layer; nil where it is null or switched off.
  mutating func windowOfEveryLayer() throws -> Int? {
    let given = optional("sliding_window")
    let isUsed = try optional("use_sliding_window")?.bool() ?? true
    guard let given, isUsed else { return nil }
    return try given.integer(in: .sizes)
  }
}

/// How Hugging Face calls what stores weights in a format.
private let quantizationMethods: [(name: String, format: NumberFormat)] = [
  ("fp8", .fp8), ("mxfp4", .mxfp4), ("awq", .int4), ("gptq", .int4),
]

extension Transformer {
  /// A transformer whose layers all see the same window, or all of the context. An MLP that no layer has is left out.
  init(
    _ common: CommonSizes, dense: Dense? = nil, experts: Experts? = nil, sparseLayers: [Bool]? = nil,
    window: Int? = nil
  ) {
    let hasDenseLayers = experts == nil || sparseLayers?.contains(false) == true
    self.init(
      hidden: common.hidden, vocabulary: common.vocabulary, tiesEmbedding: common.tiesEmbedding,
      attention: common.attention, dense: hasDenseLayers ? dense : nil, experts: experts, sparseLayers: sparseLayers,
      windowedLayers: Array(repeating: window != nil, count: common.layers), window: window)
  }
}
