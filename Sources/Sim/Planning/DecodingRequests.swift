/// A decoding request as a policy sees it.
public struct DecodingRequest: Hashable, Sendable {
  /// Its number.
  public let id: RequestID
  /// KV blocks it holds, those that it shares with others included.
  public let heldBlocks: Int
  /// Whether its next token needs one more.
  public let needsBlock: Bool
  let slot: Int
}

/// What a policy may know of the decoding requests; they are never walked as a whole.
extension DecodePool {
  /// Decoding requests, paused ones included.
  public var count: Int { roster.count }

  /// How many of the oldest `limit` need one more KV block for their next token.
  /// Complexity: O(the difference between `limit` and how many ran last).
  @inline(__always)
  public func needingBlock(oldest limit: Int) -> Int {
    if limit >= count, runningCount == count { return needingBlock }
    return needingBlock + roster.neededByOthers(than: runningCount, upTo: limit, after: advances, budget)
  }

  /// Those that take part in the next iteration, the one that joined last first.
  public var runningNewestFirst: some Sequence<RequestID> { roster.runningNewestFirst.map(\.id) }

  /// The requests from the one that began to decode last to the first.
  public var newestFirst: some Sequence<DecodingRequest> {
    let (advances, budget) = (advances, budget)
    return roster.newestFirst.lazy.map { entry in
      let length = entry.length(after: advances)
      return DecodingRequest(
        id: entry.id, heldBlocks: budget.blocks(for: length - 1), needsBlock: budget.needsBlock(atLength: length),
        slot: entry.slot)
    }
  }
}

extension DecodePool.Roster {
  /// What those that join or pause add to or take from the blocks that are needed when the oldest `limit` run. The
  /// roster says it, because to ask the pool would be to copy it.
  fileprivate func neededByOthers(than runningCount: Int, upTo limit: Int, after advances: Int, _ budget: KVBudget)
    -> Int
  {
    func needsBlock(_ entry: DecodePool.Entry) -> Bool { budget.needsBlock(atLength: entry.length(after: advances)) }
    return limit >= runningCount
      ? paused.prefix(limit - runningCount).count(where: needsBlock)
      : -runningNewestFirst.prefix(runningCount - limit).count(where: needsBlock)
  }
}
