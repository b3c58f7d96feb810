/// How a token is chosen from the model's logits.
public enum SamplingMode: String, CaseIterable, Sendable {
  /// The likeliest one.
  case greedy
  /// Drawn from the likeliest ones, top-k or top-p, for which the engine sorts the vocabulary on the GPU.
  case random
}
