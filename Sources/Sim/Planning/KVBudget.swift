/// KV cache blocks that are free, counted by value so that a plan can be tried and dropped.
public struct KVBudget: Hashable, Sendable {
  /// Tokens a block holds.
  public let tokensPerBlock: Int
  /// Blocks of the replica.
  public let blockCount: Int
  /// Blocks that nobody holds; what is cached in them for later requests is thrown away when they are taken.
  public private(set) var freeBlocks: Int

  /// A cache of which all blocks are free.
  public init(blockCount: Int, tokensPerBlock: Int) {
    precondition(blockCount >= 0 && tokensPerBlock > 0, "a KV cache has blocks of at least one token")
    self.blockCount = blockCount
    self.tokensPerBlock = tokensPerBlock
    freeBlocks = blockCount
  }

  /// Blocks that so many tokens take.
  public func blocks(for tokens: Int) -> Int { (tokens + tokensPerBlock - 1) / tokensPerBlock }

  /// Whether a request of this length needs one more block to write its newest token.
  public func needsBlock(atLength length: Int) -> Bool { (length - 1) % tokensPerBlock == 0 }

  /// Whether so many blocks are free.
  public func admits(_ blocks: Int) -> Bool { blocks <= freeBlocks }

  /// Takes blocks that are free.
  public mutating func reserve(_ blocks: Int) {
    precondition(admits(blocks), "a reservation takes only free blocks")
    freeBlocks -= blocks
  }

  /// Gives blocks back.
  public mutating func release(_ blocks: Int) {
    freeBlocks += blocks
    precondition(freeBlocks <= blockCount, "no more blocks come back than there are")
  }
}
