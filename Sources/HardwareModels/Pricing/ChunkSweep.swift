import Base

/// One prompt, prefilled alone in chunks of one size: the experiment of the layered-prefill paper's figure 2.
public struct ChunkSweep: Hashable, Sendable {
  /// Tokens of a chunk; the last one may be smaller.
  public var chunkTokens: Int
  /// Bytes of routed experts over all chunks and layers.
  public var expertBytes: Bytes
  /// Time in routed experts.
  public var expertTime: Seconds
  /// Time in everything else, the host included.
  public var otherTime: Seconds
  /// All time.
  public var totalTime: Seconds { expertTime + otherTime }

  /// Prefills a prompt chunk by chunk; its first token comes out with the last chunk.
  public init(promptTokens: Int, chunkTokens: Int, on model: RooflineCostModel) {
    precondition(promptTokens >= 1 && chunkTokens >= 1, "a prompt and a chunk have tokens")
    self.chunkTokens = chunkTokens
    expertBytes = .zero
    expertTime = .zero
    otherTime = .zero
    for past in stride(from: 0, to: promptTokens, by: chunkTokens) {
      let tokens = min(chunkTokens, promptTokens - past)
      let isLast = past + tokens == promptTokens
      let prefill = PrefillWork(tokens: tokens, past: past, window: model.model.transformer.window)
      let layers = LayerWork(layers: 0..<model.model.transformer.layerCount, prefill: prefill)
      for part in model.explain(IterationWork(segments: [layers], emittedTokens: isLast ? 1 : 0)) {
        expertBytes += part.traffic[.expertWeights]
        if part.name == "experts" { expertTime += part.duration } else { otherTime += part.duration }
      }
    }
  }
}
