/// The decoding requests as a policy sees them: oldest first, never walked as a whole.
public struct DecodingRequests {
  /// A decoding request.
  public struct Element: Hashable {
    /// Its number.
    public let id: RequestID
    /// KV blocks it holds.
    public let heldBlocks: Int
    /// Whether its next token needs one more.
    public let needsBlock: Bool
  }

  /// Decoding requests, paused ones included.
  public let count: Int
  let runningCount: Int
  let runningNeedingBlock: Int
  let roster: DecodePool.Roster
  let advances: Int
  let budget: KVBudget

  /// How many of the oldest `limit` need one more KV block for their next token.
  /// Complexity: O(the difference between `limit` and how many ran last).
  public func needingBlock(oldest limit: Int) -> Int {
    if limit >= count, runningCount == count { return runningNeedingBlock }
    var difference = 0
    if limit >= runningCount {
      for element in roster.paused.prefix(limit - runningCount) where view(element).needsBlock { difference += 1 }
    } else {
      for element in roster.runningNewestFirst.prefix(runningCount - limit) where view(element).needsBlock {
        difference -= 1
      }
    }
    return runningNeedingBlock + difference
  }

  /// The requests from the one that began to decode last to the first.
  public var newestFirst: some Sequence<Element> { roster.newestFirst.lazy.map(view) }

  private func view(_ entry: DecodePool.Entry) -> Element {
    let length = entry.length(after: advances)
    return Element(
      id: entry.id, heldBlocks: budget.blocks(for: length - 1), needsBlock: budget.needsBlock(atLength: length))
  }
}
