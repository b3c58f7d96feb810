import Base

/// What attention ranks and stages send to each other.
extension ShardedModel {
  /// Bytes of a token's hidden state, in BF16.
  private var hiddenBytes: Double { 2 * Double(transformer.hidden) }

  /// Tokens on their way to the experts of other GPUs and back, in one layer: each once to every GPU that has one of its
  /// experts. Nothing where there is one attention rank: there every GPU has all tokens, and the sum after the experts
  /// collects what they give. The GPUs of a rank share its tokens out, so that a GPU sends those of the fullest rank cut by
  /// tensor parallelism. The busiest GPU receives its share of all pairs, `share`.
  func exchangeDemand(_ rows: TokenRows, share: Double) -> [OperatorDemand] {
    guard spread != nil, cut.data > 1, rows.tokens > 0 else { return [] }
    var traffic = Traffic()
    traffic[.link] = Bytes(linkBytesOfExperts * Double(rows.tokens) / 2)
    return AllToAll.Phase.allCases.map { phase in
      let exchange = exchange(phase, tokens: rows.tokens, mostOfRank: rows.tokens, share: share)
      return OperatorDemand(
        name: "expert \(phase.rawValue)", layers: 1, kind: .allToAll(exchange), flops: .zero, traffic: traffic)
    }
  }

  /// One way of these tokens, of several ranks of which the fullest has `mostOfRank`.
  func exchange(_ phase: AllToAll.Phase, tokens: Int, mostOfRank: Int, share: Double) -> AllToAll {
    let sent = (mostOfRank + gpus - 1) / gpus
    let bytes = hiddenBytes * (spread?.copiesPerToken ?? 0) * max(Double(sent), share * Double(tokens))
    return AllToAll(phase: phase, tokens: sent, bytes: bytes, gpus: cut.expert)
  }

  /// Bytes over links for each token of a layer with experts, both ways.
  var linkBytesOfExperts: Double { cut.data > 1 ? 2 * hiddenBytes * (spread?.copiesPerToken ?? 0) : 0 }

  /// Activations of so many tokens on their way from a stage to the next: hidden state and residual, which vLLM sends
  /// apart. Every GPU of an attention rank sends all of them to its like.
  func transferDemand(tokens: Int, isAbroad: Bool) -> OperatorDemand {
    let bytes = 2 * hiddenBytes * Double(tokens)
    var traffic = Traffic()
    traffic[.link] = Bytes(bytes * Double(gpus))
    return OperatorDemand(
      name: "activation transfer", layers: 1, kind: .transfer(bytes: bytes, isAbroad: isAbroad), flops: .zero,
      traffic: traffic)
  }
}
