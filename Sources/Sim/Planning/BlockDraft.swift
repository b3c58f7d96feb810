/// The KV blocks that would be free if a plan so far were carried out.
///
/// What a plan's requests find cached is what is cached when it is made: their prefixes are held before blocks are taken,
/// so nothing that one request of the plan takes can throw away what another one is to use.
public struct BlockDraft: Sendable {
  private var budget: KVBudget
  /// How many more requests hold a prefix block than in the view; nil while that is so of none, which costs nothing.
  private var newHolders: [Int: Int]?

  /// Nothing is planned yet.
  public init(_ view: ReplicaView) { budget = view.budget }

  /// Whether so many blocks are free.
  public func admits(_ blocks: Int) -> Bool { budget.admits(blocks) }

  /// Takes blocks that are free.
  public mutating func reserve(_ blocks: Int) { budget.reserve(blocks) }

  /// Whether the blocks that a waiting request needs for its whole prompt are free.
  public func admits(_ request: WaitingRequest, of view: ReplicaView) -> Bool {
    let blocks = budget.blocks(for: request.tokens)
    guard !budget.admits(blocks), let prefixes = view.prefixes else { return budget.admits(blocks) }
    return budget.admits(blocks - shared(prefixes.hits(of: request), prefixes))
  }

  /// Gives a waiting request its blocks.
  public mutating func admit(_ request: WaitingRequest, of view: ReplicaView) {
    var blocks = budget.blocks(for: request.tokens)
    if let prefixes = view.prefixes {
      let hits = prefixes.hits(of: request)
      blocks -= shared(hits, prefixes)
      hold(hits, 1)
    }
    budget.reserve(blocks)
  }

  /// Takes the blocks of a decoding request away, except those that others hold too.
  public mutating func preempt(_ victim: DecodingRequest, of view: ReplicaView) {
    var blocks = victim.heldBlocks
    if let prefixes = view.prefixes {
      let held = prefixes.held(by: victim.slot)
      hold(held, -1)
      blocks -= shared(held, prefixes)
    }
    budget.release(blocks)
  }

  /// Lets one more or one less request hold prefix blocks.
  private mutating func hold(_ ids: ArraySlice<Int>, _ difference: Int) {
    guard !ids.isEmpty else { return }
    var holders = newHolders.take() ?? [:]
    for id in ids { holders[id, default: 0] += difference }
    newHolders = holders
  }

  /// How many KV blocks of these prefix blocks somebody holds.
  private func shared(_ ids: ArraySlice<Int>, _ prefixes: SharedPrefixes) -> Int {
    prefixes.blocksPerPrefixBlock * ids.count { prefixes.users(of: $0) + (newHolders?[$0] ?? 0) > 0 }
  }
}
