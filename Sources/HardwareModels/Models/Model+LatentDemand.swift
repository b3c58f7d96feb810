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

  /// The attention of prompt tokens in one layer. A plain one decompresses everything that it attends to again, for every
  /// chunk of a prompt.
  func demand(of latent: Transformer.Latent, _ work: PrefillWork) -> [OperatorDemand] {
    guard work.tokens > 0 else { return [] }
    let shape = LatentAttention(
      latent, latent.prefill, requests: work.requests, tokens: work.tokens, pairs: work.attendedPairs,
      cachedTokens: work.cachedTokensRead,
      heads: attention.heads, cacheFormat: attention.cacheFormat)
    return demand(of: latent, shape, "prefill", .latentPrefill(shape))
  }

  /// The attention of decoded tokens in one layer. Plain, it is decode attention of as many key and value heads as query
  /// heads, of the mean of their widths.
  func demand(of latent: Transformer.Latent, _ work: DecodeWork) -> [OperatorDemand] {
    guard work.requests > 0 else { return [] }
    let shape = LatentAttention(
      latent, latent.decode, requests: work.requests, tokens: work.requests, pairs: work.contextTokens,
      cachedTokens: work.contextTokens,
      heads: attention.heads, cacheFormat: attention.cacheFormat)
    guard latent.decode == .plain else { return demand(of: latent, shape, "decode", .latentDecode(shape)) }
    let heads = DecodeAttention(
      requests: work.requests, contextTokens: work.contextTokens, kvHeads: attention.heads,
      headDim: (latent.keyDim + latent.valueDim) / 2)
    return demand(of: latent, shape, "decode", .decodeAttention(heads))
  }

  /// Attention with the products that its variant needs beside it. Absorbed weights are BF16: they are made of the stored
  /// ones once. Memory does not count that copy, 2 GB of DeepSeek-V3's 673.
  private func demand(
    of latent: Transformer.Latent, _ shape: LatentAttention, _ phase: String, _ kind: OperatorDemand.Kind
  ) -> [OperatorDemand] {
    let attending = OperatorDemand(
      name: "\(phase) attention", layers: 1, kind: kind, flops: Flops(shape.flops * Double(gpus)), traffic: Traffic())
    switch shape.variant {
    case .plain: return decompressed(latent, shape, phase, attending)
    case .absorbed: return absorbed(latent, shape, phase, attending)
    }
  }

  private func decompressed(
    _ latent: Transformer.Latent, _ shape: LatentAttention, _ phase: String, _ attending: OperatorDemand
  ) -> [OperatorDemand] {
    let rows = TokenRows(prompt: shape.cachedTokens, decode: 0)
    let width = shape.heads * latent.decompressedWidth
    let values = Double(shape.cachedTokens * gpus)
    var (decompression, attending) = (
      product(
        "\(phase) kv up-projection", rows: rows, columns: width, inner: latent.rank,
        format: transformer.attention.format), attending
    )
    // The latents come from the cache; every head reads its keys and values, and all of them one rotary key.
    decompression.traffic[.activations] = Bytes(2 * values * Double(width))
    decompression.traffic[.kvRead] = Bytes(attention.cacheFormat.bytesPerValue * values * Double(latent.rank))
    attending.traffic[.activations] = decompression.traffic[.activations]
    attending.traffic[.kvRead] = Bytes(attention.cacheFormat.bytesPerValue * values * Double(latent.rotaryDim))
    return [decompression, attending]
  }

  private func absorbed(
    _ latent: Transformer.Latent, _ shape: LatentAttention, _ phase: String, _ attending: OperatorDemand
  ) -> [OperatorDemand] {
    let rows = TokenRows(prompt: shape.tokens, decode: 0)
    var attending = attending
    attending.traffic[.kvRead] = Bytes(shape.cachedBytes * Double(gpus))
    return [
      product(
        "\(phase) query absorption", rows: rows, columns: latent.rank, inner: latent.plainDim, format: .bf16,
        count: shape.heads), attending,
      product(
        "\(phase) value up-projection", rows: rows, columns: latent.valueDim, inner: latent.rank, format: .bf16,
        count: shape.heads),
    ]
  }
}
