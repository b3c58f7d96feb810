import Base

/// GPT-2, whose shape GPT-3 shares: multi-head attention, an MLP without a gate four times as wide as the residual stream,
/// learned positions, biases everywhere, embedding and LM head in one. GPT-3's sparse attention is not modelled.
public enum GPT2: ModelArchitecture {
  /// The name in config.json.
  public static var name: String { "GPT2LMHeadModel" }

  /// Reads the sizes.
  public static func read(_ fields: inout ConfigFields) throws -> Transformer {
    try fields.checkStoredFormat()
    let (hidden, heads) = (try fields.size("n_embd"), try fields.size("n_head"))
    guard hidden % heads == 0 else {
      throw try fields.required("n_head").error("\(heads) heads do not divide n_embd, \(hidden)")
    }
    var attention = Transformer.Attention(heads: heads, kvHeads: heads, headDim: hidden / heads)
    attention.hasInputBias = true
    attention.hasOutputBias = true
    attention.isRotary = false
    let inner = try fields.optional("n_inner")?.integer(in: 1...16_777_216)
    var dense = Transformer.Dense(intermediate: inner ?? 4 * hidden)
    dense.isGated = false
    dense.hasBias = true
    let layers = try fields.integer("n_layer", in: 1...4096)
    let common = CommonSizes(
      hidden: hidden, layers: layers, vocabulary: try fields.size("vocab_size"), tiesEmbedding: true,
      attention: attention)
    var transformer = Transformer(common, dense: dense)
    transformer.learnedPositions = try fields.size("n_positions")
    return transformer
  }
}
