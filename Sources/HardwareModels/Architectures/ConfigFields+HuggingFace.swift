import Base

/// Sizes beyond this are typing errors: every count in a transformer is below it.
private let sizes = 1...16_777_216

/// A grouped-query attention and the widths around it, as all our architectures name them.
struct CommonSizes {
  var hidden: Int
  var layers: Int
  var vocabulary: Int
  var tiesEmbedding: Bool
  var attention: Transformer.Attention
}

extension ConfigFields {
  /// A size that must be there.
  mutating func size(_ key: String) throws -> Int { try integer(key, in: sizes) }

  /// A number of experts: for each of them a popularity is worked out.
  mutating func expertCount(_ key: String) throws -> Int { try integer(key, in: 1...16384) }

  /// A true or false that Hugging Face leaves out where it is false.
  mutating func flag(_ key: String) throws -> Bool { try optional(key)?.bool() ?? false }

  /// The keys that all architectures share.
  mutating func commonSizes() throws -> CommonSizes {
    try checkStoredFormat()
    let hidden = try size("hidden_size")
    let heads = try size("num_attention_heads")
    let kvHeads = try integer("num_key_value_heads", in: 1...heads, "num_attention_heads")
    guard heads % kvHeads == 0 else {
      throw try required("num_key_value_heads").error("\(kvHeads) does not divide num_attention_heads, \(heads)")
    }
    let attention = Transformer.Attention(heads: heads, kvHeads: kvHeads, headDim: try headDim(hidden, heads))
    let layers = try integer("num_hidden_layers", in: 1...4096)
    return CommonSizes(
      hidden: hidden, layers: layers, vocabulary: try size("vocab_size"),
      tiesEmbedding: try flag("tie_word_embeddings"), attention: attention)
  }

  /// Hugging Face leaves out a head width that is hidden_size / num_attention_heads.
  private mutating func headDim(_ hidden: Int, _ heads: Int) throws -> Int {
    if let given = optional("head_dim") { return try given.integer(in: sizes) }
    guard hidden % heads == 0 else {
      throw node.error("the key \"head_dim\" is missing and \(heads) heads do not divide hidden_size \(hidden)")
    }
    return hidden / heads
  }

  /// Weights are BF16 (or FP16, as large) unless `quantization_config` says otherwise.
  private mutating func checkStoredFormat() throws {
    ignore("model_type")
    for key in ["torch_dtype", "dtype"] {
      guard let given = optional(key) else { continue }
      let name = try given.string()
      guard name == "bfloat16" || name == "float16" else {
        throw given.error("\"\(name)\" is not modelled; expected \"bfloat16\" or \"float16\"")
      }
    }
  }

  /// The format of `quantization_config`; nil without one.
  mutating func quantizedFormat(among known: [NumberFormat]) throws -> NumberFormat? {
    guard let node = optional("quantization_config") else { return nil }
    var inner = try ConfigFields(node)
    let method = try inner.required("quant_method")
    let name = try method.string()
    guard let format = known.first(where: { $0.rawValue == name }) else {
      let names = known.map { "\"\($0.rawValue)\"" }.joined(separator: " or ")
      throw method.error("quantisation \"\(name)\" is not modelled for this architecture; expected \(names)")
    }
    return format
  }

  /// The window of a model that names one and uses it in every layer; nil where it is null or switched off.
  mutating func windowOfEveryLayer() throws -> Int? {
    let given = optional("sliding_window")
    let isUsed = try optional("use_sliding_window")?.bool() ?? true
    guard let given, isUsed else { return nil }
    return try given.integer(in: sizes)
  }
}

extension Transformer {
  /// A transformer whose layers all see the same window, or all of the context.
  init(_ common: CommonSizes, feedForward: FeedForward, window: Int? = nil) {
    self.init(
      hidden: common.hidden, vocabulary: common.vocabulary, tiesEmbedding: common.tiesEmbedding,
      attention: common.attention, feedForward: feedForward,
      windowedLayers: Array(repeating: window != nil, count: common.layers), window: window)
  }
}
