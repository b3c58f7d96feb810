import Base

/// Request-level batching, as before Orca: a batch is prefilled, decoded until its last request is done, and only then
/// the next one is formed.
public struct StaticBatching: SchedulingPolicy {
  /// `static`.
  public static let name = "static"
  /// What it does.
  public static let summary = "serves one batch of requests to its end before it looks at the next"

  /// Most requests of a batch.
  public let batchSize: Int
  /// Prompt tokens of a batch; a longer prompt is a batch alone.
  public let tokenBudget: Int

  /// The policy with a batch of at least one request.
  public init(batchSize: Int, tokenBudget: Int) {
    self.batchSize = batchSize
    self.tokenBudget = tokenBudget
  }

  /// Reads `batchSize` and `tokenBudget`.
  public init(reading settings: ConfigNode, layerCount: Int) throws {
    var fields = try ConfigFields(settings)
    batchSize = try fields.integer("batchSize", in: .tokenCounts)
    tokenBudget = try fields.integer("tokenBudget", in: .tokenCounts)
    try fields.finish()
  }

  /// The token budget, or a longer prompt alone.
  public func mostBatchedTokens(maxRequests: Int, maxModelLen: Int) -> Int { max(tokenBudget, maxModelLen) }

  /// Decodes while anybody does; otherwise prefills the next batch.
  public mutating func nextBatch(_ view: ReplicaView) -> BatchPlan {
    var draft = BatchDraft(view)
    if view.decodes.count > 0 {
      draft.takeDecodes(of: view, atMost: view.limits.maxRequests)
    } else {
      draft.admitWholePrompts(of: view, tokenBudget: tokenBudget, atMost: min(batchSize, view.limits.maxRequests))
    }
    return draft.finish()
  }
}
