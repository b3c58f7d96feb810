import Base

/// What costs by token counts only, remembered, and experts that are drawn.
extension RooflineCostModel {
  /// What costs by a number of tokens.
  enum Part: Int {
    /// A layer without attention and routed experts, with prompts and without; one that has experts, or an MLP.
    case mixedSparseLayer, decodingSparseLayer, mixedDenseLayer, decodingDenseLayer
    /// The embedding of tokens that enter; last norm, LM head and sampling of those that come out.
    case embedding, emission

    static func layer(isSparse: Bool, hasPrompts: Bool) -> Part {
      isSparse
        ? (hasPrompts ? .mixedSparseLayer : .decodingSparseLayer)
        : (hasPrompts ? .mixedDenseLayer : .decodingDenseLayer)
    }
  }

  @inline(__always)
  mutating func cost(of part: Part, _ tokens: Int) -> TokenCost {
    if let slot = tokenCosts.find(part.rawValue, tokens) { return tokenCosts[slot] }
    let cost = priced(part, tokens)
    tokenCosts.keep(cost, part.rawValue, tokens)
    return cost
  }

  private func priced(_ part: Part, _ tokens: Int) -> TokenCost {
    switch part {
    case .mixedSparseLayer: layerCost(tokens, isSparse: true, hasPrompts: true)
    case .decodingSparseLayer: layerCost(tokens, isSparse: true, hasPrompts: false)
    case .mixedDenseLayer: layerCost(tokens, isSparse: false, hasPrompts: true)
    case .decodingDenseLayer: layerCost(tokens, isSparse: false, hasPrompts: false)
    case .embedding: cost(sharded.endDemand(embedded: tokens, emitted: 0))
    case .emission: cost(sharded.endDemand(embedded: 0, emitted: tokens, sampling: sampling))
    }
  }

  private func layerCost(_ tokens: Int, isSparse: Bool, hasPrompts: Bool) -> TokenCost {
    let padding = engine.padding(tokens, hasPrompts: hasPrompts)
    let rows = TokenRows(prompt: 0, decode: tokens, padding: padding ?? 0)
    var cost = cost(sharded.denseDemand(rows, isSparse: isSparse))
    if padding == nil { cost.launchSeconds = engine.launchTimePerEagerLayer.value }
    return cost
  }

  /// The sum of operators, each of one layer.
  func cost(_ operators: [OperatorDemand]) -> TokenCost {
    var cost = TokenCost()
    for operation in operators { cost.add(operation, prices) }
    return cost
  }

  /// The routed experts of one layer, in expectation.
  @inline(__always)
  mutating func expertCost(_ segment: LayerWork) -> ExpertCost {
    let prompt = segment.prefill.tokens
    let decode = segment.decode.requests
    if let slot = expertCosts.find(prompt, decode) { return expertCosts[slot] }
    let rows = rows(segment)
    let cost =
      sharded.expertProduct(rows).map { product in
        let distinct = sharded.spread == nil ? product.load.distinct : sharded.distinctExperts(rows)
        return ExpertCost(product, distinct: distinct, prices)
      } ?? ExpertCost()
    expertCosts.keep(cost, prompt, decode)
    return cost
  }

  private func rows(_ segment: LayerWork) -> TokenRows {
    var rows = TokenRows(prompt: segment.prefill.tokens, decode: segment.decode.requests)
    rows.padding = engine.padding(rows.tokens, hasPrompts: rows.prompt > 0) ?? 0
    return rows
  }

  /// Adds each layer of a run with experts of its own, drawn from the stream.
  mutating func addSampled(
    _ segment: LayerWork, _ withoutExperts: TokenCost, isSparse: Bool, to sums: inout Sums
  ) {
    let rows = rows(segment)
    for index in segment.layers where model.transformer.sparseLayers[index] == isSparse {
      var layer = withoutExperts
      if isSparse { layer.add(drawnExperts(rows), tokens: rows.tokens, experts) }
      sums.flops += layer.flops
      sums.traffic += layer.traffic
      addTime(segment, layer, layers: 1, isWindowed: model.transformer.windowedLayers[index], to: &sums)
    }
  }

  /// The experts of one layer on average over those of a run, each drawn.
  mutating func meanOfDrawnExperts(_ segment: LayerWork) -> ExpertCost {
    let rows = rows(segment)
    let layers = layerCounts(in: segment.layers).sparse
    var mean = drawnExperts(rows)
    for _ in 1..<layers {
      let drawn = drawnExperts(rows)
      mean.seconds += drawn.seconds
      mean.distinct += drawn.distinct
    }
    mean.seconds /= Double(layers)
    mean.distinct /= Double(layers)
    return mean
  }

  /// A drawn number of experts in the place of the expected one; tiles beyond the first keep their mean, and so does the
  /// busiest GPU's part of the experts.
  private mutating func drawnExperts(_ rows: TokenRows) -> ExpertCost {
    guard var stream = sampler, let routing = sharded.routing, var product = sharded.expertProduct(rows) else {
      return ExpertCost()
    }
    let drawn = Double(routing.drawDistinct(promptTokens: rows.prompt, decodeTokens: rows.decode, from: &stream))
    sampler = stream
    let part = sharded.spread == nil ? 1 : product.load.distinct / sharded.distinctExperts(rows)
    product.load.distinct = min(drawn * part, Double(product.count))
    return ExpertCost(product, distinct: drawn, prices)
  }
}
