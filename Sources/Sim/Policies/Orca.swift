import Base

/// Iteration-level batching of whole prompts (Orca): waiting prompts that fit the token budget run whole, together with
/// the decodes.
public struct Orca: SchedulingPolicy {
  /// `orca`.
  public static let name = "orca"
  /// What it does.
  public static let summary = "runs whole prompts together with decodes: prompts first, as many as fit the token budget"

  /// Prompt tokens an iteration may process; a longer prompt runs alone.
  public let tokenBudget: Int

  /// The policy with a token budget of at least 1.
  public init(tokenBudget: Int) { self.tokenBudget = tokenBudget }

  /// Reads `tokenBudget`.
  public init(reading settings: ConfigNode, layerCount: Int) throws {
    var fields = try ConfigFields(settings)
    tokenBudget = try fields.integer("tokenBudget", in: .tokenCounts)
    try fields.finish()
  }

  /// The token budget, or a longer prompt alone, and all decodes.
  public func mostBatchedTokens(maxRequests: Int, maxModelLen: Int) -> Int {
    max(tokenBudget, maxModelLen) + maxRequests
  }

  /// Whole prompts while they fit, then decodes as far as `max_num_seqs` allows.
  public mutating func nextBatch(_ view: ReplicaView) -> BatchPlan {
    var draft = BatchDraft(view)
    draft.admitWholePrompts(of: view, tokenBudget: tokenBudget, atMost: view.limits.maxRequests)
    draft.takeDecodes(of: view, atMost: view.limits.maxRequests - draft.plan.tiles.count)
    return draft.finish()
  }
}

extension BatchDraft {
  /// Admits waiting requests and does their whole prompts, while they fit the budget; the first may exceed it.
  mutating func admitWholePrompts(of view: ReplicaView, tokenBudget: Int, atMost limit: Int) {
    var used = 0
    while plan.admissions.count < limit, let next = nextAdmissible(of: view) {
      let tokens = view.tokensLeft(of: next)
      guard used == 0 || used + tokens.count <= tokenBudget else { return }
      admit(next, of: view)
      prefill(next.id, tokens: tokens, layers: 0..<view.limits.layerCount)
      used += tokens.count
    }
  }
}
