import Base

/// The attention of one layer as one GPU holds it: plain numbers, so that pricing it in the inner loop touches no memory.
struct AttentionShard {
  let heads: Int
  let kvHeads: Int
  let headDim: Int
  let gpus: Int
  let cacheFormat: CacheFormat
  /// Bytes of keys and values, or of their latent, that a token has in a layer, on all GPUs.
  let kvBytesPerToken: Double

  /// Key and value heads are copied where there are fewer than GPUs, latents always.
  init(_ attention: Transformer.Attention, gpus: Int) {
    heads = attention.heads / gpus
    kvHeads = max(1, attention.kvHeads / gpus)
    headDim = attention.headDim
    self.gpus = gpus
    cacheFormat = attention.cacheFormat
    let cached = attention.latent?.cachedWidth ?? 2 * kvHeads * headDim
    kvBytesPerToken = cacheFormat.bytesPerValue * Double(cached * gpus)
  }

  /// The prefill attention of one layer.
  func prefill(_ work: PrefillWork, isWindowed: Bool) -> PrefillAttention {
    PrefillAttention(
      tokens: work.tokens, pairs: isWindowed ? work.windowedPairs : work.attendedPairs,
      cachedTokens: isWindowed ? work.windowedTokensRead : work.cachedTokensRead, heads: heads, kvHeads: kvHeads,
      headDim: headDim, cacheFormat: cacheFormat)
  }

  /// The decode attention of one layer.
  func decode(_ work: DecodeWork, isWindowed: Bool) -> DecodeAttention {
    DecodeAttention(
      requests: work.requests, contextTokens: isWindowed ? work.windowedContextTokens : work.contextTokens,
      kvHeads: kvHeads, headDim: headDim, cacheFormat: cacheFormat)
  }

  /// Arithmetic of attention over so many pairs on all GPUs: two products of head_dim for each head and pair.
  func flops(pairs: Int) -> Double { 4 * Double(pairs) * Double(heads * headDim * gpus) }
}

extension ShardedModel {
  /// The attention of one kind of layer, and how many layers of it there are.
  private func attentionDemand(of work: LayerWork, layers: Int, isWindowed: Bool) -> [OperatorDemand] {
    guard layers > 0 else { return [] }
    func demand(_ name: String, _ kind: OperatorDemand.Kind, pairs: Int, cached: Int) -> OperatorDemand {
      var traffic = Traffic()
      traffic[.kvRead] = Bytes(Double(cached) * attention.kvBytesPerToken)
      let name = isWindowed ? "windowed \(name)" : name
      return OperatorDemand(
        name: name, layers: layers, kind: kind, flops: Flops(attention.flops(pairs: pairs)), traffic: traffic)
    }
    var operators = [OperatorDemand]()
    if work.prefill.tokens > 0 {
      let shape = attention.prefill(work.prefill, isWindowed: isWindowed)
      operators.append(
        demand("prefill attention", .prefillAttention(shape), pairs: shape.pairs, cached: shape.cachedTokens))
    }
    if work.decode.requests > 0 {
      let shape = attention.decode(work.decode, isWindowed: isWindowed)
      operators.append(
        demand("decode attention", .decodeAttention(shape), pairs: shape.contextTokens, cached: shape.contextTokens))
    }
    return operators
  }

  /// Everything that a run of like layers does.
  func demand(of work: LayerWork, padding: Int) -> [OperatorDemand] {
    let rows = TokenRows(prompt: work.prefill.tokens, decode: work.decode.requests, padding: padding)
    guard rows.tokens > 0 else { return [] }
    let counts = LayerCounts(transformer, in: work.layers)
    func each(_ layers: Int, _ operators: [OperatorDemand]) -> [OperatorDemand] {
      guard layers > 0 else { return [] }
      return operators.map { operation in
        var operation = operation
        operation.layers = layers
        return operation
      }
    }
    let exchange = cut.data > 1 ? expertProduct(rows).map { exchangeDemand(rows, share: $0.share) } ?? [] : []
    let ofTokens =
      each(counts.all, demandBeforeFeedForward(rows)) + each(counts.dense, feedForwardDemand(rows, isSparse: false))
      + each(counts.sparse, feedForwardDemand(rows, isSparse: true)) + each(counts.all, demandAfterFeedForward(rows))
      + each(counts.sparse, [expertDemand(rows)].compactMap(\.self) + exchange)
    if let latent = transformer.attention.latent {
      var attending: [OperatorDemand] = []
      forEachOperator(of: latent, work.prefill) { attending.append($0) }
      forEachOperator(of: latent, work.decode) { attending.append($0) }
      return ofTokens + each(counts.all, attending)
    }
    return ofTokens + attentionDemand(of: work, layers: counts.full, isWindowed: false)
      + attentionDemand(of: work, layers: counts.windowed, isWindowed: true)
  }
}

extension Model {
  /// What a run of like layers asks for on a replica of `tensorParallel` GPUs, operator by operator. `padding` rows take
  /// part in matrix products and are no work.
  public func demand(of work: LayerWork, tensorParallel: Int, padding: Int = 0) -> [OperatorDemand] {
    ShardedModel(model: self, cut: Parallelism(tensor: tensorParallel)).demand(of: work, padding: padding)
  }

  /// What happens before the first layer to `embedded` tokens and after the last to `emitted` ones.
  public func endDemand(embedded: Int, emitted: Int, tensorParallel: Int) -> [OperatorDemand] {
    ShardedModel(model: self, cut: Parallelism(tensor: tensorParallel)).endDemand(embedded: embedded, emitted: emitted)
  }
}
