/// The prompts' beginnings that a replica keeps for later requests, and who holds which of them.
///
/// KV blocks of a prefix block are counted once however many requests hold it, and as free where nobody does: they are
/// thrown away when they are needed. A prefix block that two requests computed side by side is kept once.
public struct SharedPrefixes: Sendable {
  private struct Member {
    /// The ids of its prompt's whole prefix blocks.
    var ids: ArraySlice<Int> = []
    /// How many of them it holds, from the first on.
    var heldCount = 0
    var held: ArraySlice<Int> { ids.prefix(heldCount) }
  }

  /// Prompt tokens of a prefix block.
  public let tokensPerPrefixBlock: Int
  /// KV blocks of a prefix block.
  let blocksPerPrefixBlock: Int
  private var cache = PrefixCache()
  /// By the requests' slots.
  private var members: [Member] = []

  /// Nothing is kept.
  init(tokensPerPrefixBlock: Int, tokensPerBlock: Int) {
    precondition(
      tokensPerPrefixBlock % tokensPerBlock == 0 && tokensPerPrefixBlock > 0, "a prefix block is whole KV blocks")
    self.tokensPerPrefixBlock = tokensPerPrefixBlock
    blocksPerPrefixBlock = tokensPerPrefixBlock / tokensPerBlock
  }

  /// How many tokens of a prompt are cached. At least its last one never counts, because computing it brings out the
  /// first token of the answer.
  public func cachedTokens(of ids: [Int], promptTokens: Int) -> Int {
    hits(ids.prefix(promptTokens / tokensPerPrefixBlock), length: promptTokens).count * tokensPerPrefixBlock
  }

  func cachedTokens(of request: WaitingRequest) -> Int { hits(of: request).count * tokensPerPrefixBlock }

  /// The prefix blocks that a waiting request would find cached.
  func hits(of request: WaitingRequest) -> ArraySlice<Int> {
    hits(members[request.slot].ids, length: request.tokens)
  }

  private func hits(_ ids: ArraySlice<Int>, length: Int) -> ArraySlice<Int> {
    cache.hits(ids.prefix((length - 1) / tokensPerPrefixBlock))
  }

  /// The prefix blocks that a request holds.
  func held(by slot: Int) -> ArraySlice<Int> { members[slot].held }

  /// How many requests hold a prefix block.
  func users(of id: Int) -> Int { cache.users(of: id) ?? 0 }

  /// A request arrives.
  mutating func enroll(_ slot: Int, ids: [Int], promptTokens: Int) {
    while members.count <= slot { members.append(Member()) }
    members[slot] = Member(ids: ids.prefix(promptTokens / tokensPerPrefixBlock))
  }

  /// A request is admitted and holds what is cached of its prompt; how many of these KV blocks others hold too.
  mutating func admit(_ request: WaitingRequest) -> Int {
    let hits = hits(of: request)
    members[request.slot].heldCount = hits.count
    return blocksPerPrefixBlock * hits.count { cache.use($0) > 0 }
  }

  /// So many tokens of a request have passed all layers, so others may have their keys and values; how many KV blocks
  /// come back, because somebody else holds the same.
  mutating func keep(upTo completedTokens: Int, of slot: Int) -> Int {
    let fresh = members[slot].ids.prefix(completedTokens / tokensPerPrefixBlock).dropFirst(members[slot].heldCount)
    members[slot].heldCount += fresh.count
    return blocksPerPrefixBlock * fresh.count { cache.use($0) > 0 }
  }

  /// A request leaves or is preempted; how many of its KV blocks others still hold.
  mutating func release(_ slot: Int) -> Int {
    let held = members[slot].held
    members[slot].heldCount = 0
    return blocksPerPrefixBlock * held.reversed().count { cache.release($0) > 0 }
  }

  /// Throws away what stands in KV blocks that were taken.
  mutating func evict(freeBlocks: Int) { cache.evict(downTo: freeBlocks / blocksPerPrefixBlock) }
}
