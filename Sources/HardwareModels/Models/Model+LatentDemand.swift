import Base

/// Latent attention cut over GPUs by heads: what is compressed, and the cache, every GPU has a copy of.
extension ShardedModel {
  /// Down to the latents, which go into the cache, and up to the queries of every head.
  func appendProjections(of latent: Transformer.Latent, _ rows: TokenRows, to operators: inout [OperatorDemand]) {
    let format = transformer.attention.format
    let queries = attention.heads * latent.keyDim
    let down = latent.cachedWidth + (latent.queryRank ?? queries)
    operators.append(
      product("latent down-projection", rows: rows, columns: down, inner: transformer.hidden, format: format))
    let normed = latent.rank + (latent.queryRank ?? 0)
    operators.append(
      elementwise("latent norms", rows: rows, width: 2 * normed, kernels: latent.queryRank == nil ? 1 : 2))
    if let rank = latent.queryRank {
      operators.append(product("query up-projection", rows: rows, columns: queries, inner: rank, format: format))
    }
    let rotated = (attention.heads + 1) * latent.rotaryDim
    operators.append(elementwise("rotary embedding", rows: rows, width: 2 * rotated, kernels: 1))
    operators.append(cacheWrite(rows, width: latent.cachedWidth))
  }

  /// The attention of prompt tokens in one layer, operator by operator. A plain one decompresses everything that it attends
  /// to again, for every chunk of a prompt.
  @inline(__always)
  func forEachOperator(of latent: Transformer.Latent, _ work: PrefillWork, _ body: (OperatorDemand) -> Void) {
    guard work.tokens > 0 else { return }
    let shape = LatentAttention(
      latent, latent.prefill, requests: work.requests, tokens: work.tokens, pairs: work.attendedPairs,
      cachedTokens: work.cachedTokensRead,
      heads: attention.heads, cacheFormat: attention.cacheFormat)
    forEachOperator(of: latent, shape, .prefill, .latentPrefill(shape), body)
  }

  /// The attention of decoded tokens in one layer, operator by operator. Plain, it is decode attention of as many key and
  /// value heads as query heads, of the mean of their widths.
  @inline(__always)
  func forEachOperator(of latent: Transformer.Latent, _ work: DecodeWork, _ body: (OperatorDemand) -> Void) {
    guard work.requests > 0 else { return }
    let shape = LatentAttention(
      latent, latent.decode, requests: work.requests, tokens: work.requests, pairs: work.contextTokens,
      cachedTokens: work.contextTokens,
      heads: attention.heads, cacheFormat: attention.cacheFormat)
    guard latent.decode == .plain else {
      return forEachOperator(of: latent, shape, .decode, .latentDecode(shape), body)
    }
    let heads = DecodeAttention(
      requests: work.requests, contextTokens: work.contextTokens, kvHeads: attention.heads,
      headDim: (latent.keyDim + latent.valueDim) / 2)
    forEachOperator(of: latent, shape, .decode, .decodeAttention(heads), body)
  }

  /// Attention with the products that its variant needs beside it. Absorbed weights are BF16: they are made of the stored
  /// ones once. Memory does not count that copy, 2 GB of DeepSeek-V3's 673.
  private func forEachOperator(
    of latent: Transformer.Latent, _ shape: LatentAttention, _ names: LatentNames, _ kind: OperatorDemand.Kind,
    _ body: (OperatorDemand) -> Void
  ) {
    let attending = OperatorDemand(
      name: names.attention, layers: 1, kind: kind, flops: Flops(shape.flops * Double(gpus)), traffic: Traffic())
    switch shape.variant {
    case .plain: decompress(latent, shape, names, attending, body)
    case .absorbed: absorb(latent, shape, names, attending, body)
    }
  }

  private func decompress(
    _ latent: Transformer.Latent, _ shape: LatentAttention, _ names: LatentNames, _ attending: OperatorDemand,
    _ body: (OperatorDemand) -> Void
  ) {
    let rows = TokenRows(prompt: shape.cachedTokens, decode: 0)
    let width = shape.heads * latent.decompressedWidth
    let values = Double(shape.cachedTokens * gpus)
    var (decompression, attending) = (
      product(
        names.decompression, rows: rows, columns: width, inner: latent.rank, format: transformer.attention.format),
      attending
    )
    // The latents come from the cache; every head reads its keys and values, and all of them one rotary key.
    decompression.traffic[.activations] = Bytes(2 * values * Double(width))
    decompression.traffic[.kvRead] = Bytes(attention.cacheFormat.bytesPerValue * values * Double(latent.rank))
    attending.traffic[.activations] = decompression.traffic[.activations]
    attending.traffic[.kvRead] = Bytes(attention.cacheFormat.bytesPerValue * values * Double(latent.rotaryDim))
    body(decompression)
    body(attending)
  }

  private func absorb(
    _ latent: Transformer.Latent, _ shape: LatentAttention, _ names: LatentNames, _ attending: OperatorDemand,
    _ body: (OperatorDemand) -> Void
  ) {
    let rows = TokenRows(prompt: shape.tokens, decode: 0)
    var attending = attending
    attending.traffic[.kvRead] = Bytes(shape.cachedBytes * Double(gpus))
    body(
      product(
        names.absorption, rows: rows, columns: latent.rank, inner: latent.plainDim, format: .bf16, count: shape.heads))
    body(attending)
    body(
      product(
        names.expansion, rows: rows, columns: latent.valueDim, inner: latent.rank, format: .bf16, count: shape.heads))
  }
}

/// What the operators of latent attention are called in a phase: literals, because every iteration names them.
private struct LatentNames {
  let attention: String
  let decompression: String
  let absorption: String
  let expansion: String

  static var prefill: Self {
    Self(
      attention: "prefill attention", decompression: "prefill kv up-projection",
      absorption: "prefill query absorption", expansion: "prefill value up-projection")
  }
  static var decode: Self {
    Self(
      attention: "decode attention", decompression: "decode kv up-projection",
      absorption: "decode query absorption", expansion: "decode value up-projection")
  }
}
