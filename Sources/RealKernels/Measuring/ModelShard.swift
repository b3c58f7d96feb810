import Base
import HardwareModels

/// What one GPU of a replica holds of a model, as points to be measured. Latent attention has no kernels here: it and the
/// products around it are left out.
struct ModelShard {
  private let label: String
  private let model: Model
  private let gpus: Int
  private let heads: Int
  private let kvHeads: Int
  private var isLatent: Bool { model.transformer.attention.latent != nil }

  /// The part of one of `gpus` GPUs. Widths that cannot be cut so are an error.
  init(_ subject: SurveySubject, gpus: Int) throws {
    label = subject.label
    model = subject.model
    self.gpus = gpus
    let attention = model.transformer.attention
    heads = attention.heads / gpus
    kvHeads = max(1, attention.kvHeads / gpus)
    let experts = model.transformer.experts
    let widths = [
      attention.heads, model.transformer.dense?.intermediate, experts?.intermediate, experts?.sharedIntermediate,
    ]
    for width in widths.compactMap(\.self) where width % gpus != 0 {
      throw InputError(.usage, file: label, "its width of \(width) cannot be cut over \(gpus) GPUs")
    }
  }

  /// MoE layers under each way of choosing experts; none of a dense model.
  func layers(_ effort: SurveyEffort, seed: UInt64) -> [any SurveyPoint] {
    guard let experts = model.transformer.experts, let routing = model.routing else { return [] }
    let sizes: [(ExpertDistribution, [Int])] = [
      (.prompt, effort.promptTokens), (.decode, effort.decodeTokens), (.balanced, effort.balancedTokens),
    ]
    return sizes.flatMap { distribution, tokens in
      tokens.map { count in
        let shape = MoEShape(
          tokens: count, hidden: model.transformer.hidden, intermediate: experts.intermediate / gpus,
          experts: experts.count, expertsPerToken: experts.topK)
        return MoEPoint(
          model: label, tensorParallel: gpus, shape: shape, distribution: distribution, routing: routing, seed: seed)
      }
    }
  }

  /// The products around attention and experts, those of a dense feed-forward, and the LM head.
  func products(_ effort: SurveyEffort) -> [any SurveyPoint] {
    let transformer = model.transformer
    let (hidden, width) = (transformer.hidden, transformer.attention.headDim)
    var sizes = isLatent ? [] : [((heads + 2 * kvHeads) * width, hidden), (hidden, heads * width)]
    func add(_ mlp: Transformer.Dense) {
      sizes += [((mlp.isGated ? 2 : 1) * mlp.intermediate / gpus, hidden), (hidden, mlp.intermediate / gpus)]
    }
    if let dense = transformer.dense { add(dense) }
    if let experts = transformer.experts {
      sizes.append((experts.count, hidden))
      if experts.sharedIntermediate > 0 { add(Transformer.Dense(intermediate: experts.sharedIntermediate)) }
    }
    let products = sizes.flatMap { size in
      effort.productRows.map { GEMMPoint(rows: $0, columns: size.0, inner: size.1) }
    }
    let words = (transformer.vocabulary + gpus - 1) / gpus / 8 * 8
    return products + effort.headRows.map { GEMMPoint(rows: $0, columns: max(8, words), inner: hidden) }
  }

  /// The attentions of the model: of whole contexts, of windows, or both.
  private var windows: [Int?] {
    let transformer = model.transformer
    guard !isLatent else { return [] }
    let full = transformer.windowedLayerCount < transformer.layerCount ? [Int?.none] : []
    guard transformer.windowedLayerCount > 0, let window = transformer.window else { return full }
    return full + [window]
  }

  private func shape(window: Int?, slot: Int) -> AttentionShape {
    AttentionShape(
      queryHeads: heads, kvHeads: kvHeads, headWidth: model.transformer.attention.headDim, window: window,
      slotTokens: slot)
  }

  /// Decode attention over requests and contexts that fit into the cache.
  func decodes(_ effort: SurveyEffort) -> [any SurveyPoint] {
    windows.flatMap { window in
      effort.contexts.flatMap { context in
        effort.decodeRequests.map { DecodePoint(shape(window: window, slot: context), requests: $0) }
          .filter { $0.needs.keys <= effort.mostKeys }
      }
    }
  }

  /// Prefill attention over new and past tokens.
  func prefills(_ effort: SurveyEffort) -> [any SurveyPoint] {
    windows.flatMap { window in
      effort.pasts.flatMap { past in
        effort.prefillTokens.map { PrefillPoint(shape(window: window, slot: past + $0), tokens: $0) }
          .filter { $0.needs.keys <= effort.mostKeys }
      }
    }
  }
}
