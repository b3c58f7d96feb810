import Base
import DequeModule

/// The settings that a policy must respect: those of a replica, or where it has lanes and ranks, of each scheduler.
public struct ReplicaLimits: Hashable, Sendable {
  /// Layers of the model.
  public var layerCount: Int
  /// Most requests that run at once (`max_num_seqs`).
  public var maxRequests: Int
  /// Longest prompt and answer together, in tokens (`max_model_len`).
  public var maxModelLen: Int
  /// Blocks of the KV cache.
  public var blockCount: Int
  /// Tokens a block holds.
  public var tokensPerBlock: Int
  /// Prompt tokens of each block that requests may share, some KV blocks long; nil where nothing is kept for others.
  public var tokensPerPrefixBlock: Int?

  /// Limits of a replica.
  public init(
    layerCount: Int, maxRequests: Int, maxModelLen: Int, blockCount: Int, tokensPerBlock: Int,
    tokensPerPrefixBlock: Int? = nil
  ) {
    self.layerCount = layerCount
    self.maxRequests = maxRequests
    self.maxModelLen = maxModelLen
    self.blockCount = blockCount
    self.tokensPerBlock = tokensPerBlock
    self.tokensPerPrefixBlock = tokensPerPrefixBlock
  }

  /// Whether the whole KV cache holds so many tokens.
  func canHold(_ tokens: Int) -> Bool {
    KVBudget(blockCount: blockCount, tokensPerBlock: tokensPerBlock).blocks(for: tokens) <= blockCount
  }
}

/// A request that waits for its prefill to begin.
public struct WaitingRequest: Hashable, Sendable {
  /// Its number.
  public let id: RequestID
  /// Tokens whose keys and values it needs: the prompt, and after a preemption also the tokens that had come out.
  public let tokens: Int
  let slot: Int
}

/// A request whose prefill has begun.
public struct PrefillingRequest: Hashable, Sendable {
  /// Its number.
  public let id: RequestID
  /// Tokens whose keys and values it needs.
  public let tokens: Int
  /// How far it has come; it begins behind what was cached.
  public internal(set) var frontier: Frontier
  let slot: Int

  /// Tokens that have not passed every layer.
  public var tokensLeft: Range<Int> { frontier.completedTokens..<tokens }
}

/// All that a policy may know when it plans an iteration of a replica, or of its rank of a lane. How long answers will be
/// is not part of it.
///
/// This is the scheduler's own state and not a copy, so that showing it costs nothing.
public struct ReplicaView: Sendable {
  /// What records call the replica; with several lanes, the lane.
  public let replica: ReplicaID
  /// The place among the ranks of its lane, from 0.
  public let rank: Int
  /// The moment at which the iteration would begin.
  public internal(set) var now = SimTime.zero
  /// Iterations that the lane has begun since one of its ranks began to prefill while none did, the same for all of its
  /// ranks; 0 while none prefills. Unless it is 0, a rank that has no prefill under way may plan nothing and wait.
  public internal(set) var prefillClock = 0
  /// The replica's settings.
  public let limits: ReplicaLimits
  /// The KV cache.
  public internal(set) var budget: KVBudget
  /// Requests that decode, in the order in which they began to.
  public internal(set) var decodes: DecodePool
  /// Requests whose prefill has begun, in the order of their admission.
  public internal(set) var prefilling: [PrefillingRequest] = []
  /// Requests that wait, the next one first.
  public internal(set) var waiting = Deque<WaitingRequest>()
  /// What is kept of prompts for later requests; nil where nothing is.
  public internal(set) var prefixes: SharedPrefixes?

  /// Nobody is there.
  init(_ replica: ReplicaID, rank: Int, limits: ReplicaLimits, window: Int?) {
    self.replica = replica
    self.rank = rank
    self.limits = limits
    budget = KVBudget(blockCount: limits.blockCount, tokensPerBlock: limits.tokensPerBlock)
    decodes = DecodePool(budget: budget, window: window)
    prefixes = limits.tokensPerPrefixBlock.map {
      SharedPrefixes(tokensPerPrefixBlock: $0, tokensPerBlock: limits.tokensPerBlock)
    }
  }

  /// Tokens that a waiting request's prefill must compute: all behind those that are cached.
  public func tokensLeft(of request: WaitingRequest) -> Range<Int> {
    (prefixes?.cachedTokens(of: request) ?? 0)..<request.tokens
  }

  /// Takes free KV blocks, and throws away what was kept in them.
  mutating func takeBlocks(_ blocks: Int) {
    budget.reserve(blocks)
    prefixes?.evict(freeBlocks: budget.freeBlocks)
  }

  /// Lets others have the tokens of a request that have passed all layers.
  mutating func keepPrefix(of slot: Int, upTo completedTokens: Int) {
    guard let duplicates = prefixes?.keep(upTo: completedTokens, of: slot) else { return }
    budget.release(duplicates)
  }

  /// Gives back the KV blocks of a request that leaves or is preempted, except those that others hold too.
  mutating func releaseBlocks(holding tokens: Int, of slot: Int) {
    budget.release(budget.blocks(for: tokens) - (prefixes?.release(slot) ?? 0))
  }
}
