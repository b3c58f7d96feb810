import Base

/// Chunked prefill (Sarathi-Serve, vLLM): every iteration takes all decodes and fills the rest of its token budget with
/// prompt tokens, through all layers.
public struct ChunkedPrefill: SchedulingPolicy {
  /// `chunked`.
  public static let name = "chunked"
  /// What it does.
  public static let summary = "cuts prompts along tokens: decodes and prompt chunks share one token budget"

  /// Tokens an iteration may process, decodes included.
  public let tokenBudget: Int

  /// The policy with a token budget of at least 1.
  public init(tokenBudget: Int) { self.tokenBudget = tokenBudget }

  /// Reads `tokenBudget`.
  public init(reading settings: ConfigNode, layerCount: Int) throws {
    var fields = try ConfigFields(settings)
    tokenBudget = try fields.integer("tokenBudget", in: .tokenCounts)
    try fields.finish()
  }

  /// The token budget.
  public func mostBatchedTokens(maxRequests: Int, maxModelLen: Int) -> Int { tokenBudget }

  /// Decodes first, then prompts already begun, then waiting ones, until the budget is spent.
  public mutating func nextBatch(_ view: ReplicaView) -> BatchPlan {
    var draft = BatchDraft(view)
    draft.takeDecodes(of: view, atMost: min(tokenBudget, view.limits.maxRequests))
    var left = tokenBudget - draft.decodeCount
    let layers = 0..<view.limits.layerCount
    for request in view.prefilling where left > 0 {
      let tokens = request.tokensLeft.prefix(left)
      draft.prefill(request.id, tokens: tokens, layers: layers)
      left -= tokens.count
    }
    while left > 0, draft.runningRequests < view.limits.maxRequests, let next = draft.nextAdmissible(of: view) {
      let tokens = view.tokensLeft(of: next).prefix(left)
      draft.admit(next, of: view)
      draft.prefill(next.id, tokens: tokens, layers: layers)
      left -= tokens.count
    }
    return draft.finish()
  }
}
