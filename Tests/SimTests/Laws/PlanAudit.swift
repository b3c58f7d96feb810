import Base
import Sim
import TestSupport
import Traces

/// Follows plans with pencil and paper: which layers each token has passed, and who holds how many KV blocks where.
struct PlanAudit {
  private struct Paper {
    var request: TraceRequest
    var record: RequestRecord
    /// Its place among the ranks of its lane.
    var rank = 0
    var emitted = 0
    var prefillTokens = 0
    var blocks = 0
    /// How often each token has passed each layer since the last preemption, or came from the prefix cache: layers of
    /// tokens.
    var passes: [[Int]] = []

    var length: Int { request.promptTokens + emitted }
    /// The ids of prefix blocks that have passed the last layer.
    func passedIDs(_ tokensPerPrefixBlock: Int) -> ArraySlice<Int> {
      let tokens = passes.last?.prefix(request.promptTokens).prefix { $0 > 0 }.count ?? 0
      return request.prefixIDs.prefix(tokens / tokensPerPrefixBlock)
    }
    /// The replica whose blocks it holds, and the one that may have set blocks aside for it.
    func home(at now: SimTime) -> ReplicaID { record.home(at: now) ?? record.replica }
    func isAwaited(by replica: ReplicaID, at now: SimTime) -> Bool {
      record.home(at: now) == nil && record.lastReplica == replica
    }
    var isPrefilled: Bool { passes.allSatisfy { $0.prefix(prefillTokens).allSatisfy { $0 > 0 } } }
  }

  /// What broke a law.
  private(set) var problems: [String] = []
  /// Tokens x layers that preemption threw away, be they computed or cached.
  private(set) var thrownAway = 0
  /// Tokens x layers that were cached.
  private(set) var skipped = 0
  /// Tokens that a prefix cache without end would have had besides those that were cached.
  private(set) var forgotten = 0
  /// Requests that have not covered (prompt + output - 1) x layers exactly once.
  private(set) var notCoveredOnce: [Int] = []
  /// Every prefix block that ever passed all layers at a scheduler or came to it, by its replica and rank.
  private var everPassed: [[Int]: Set<Int>] = [:]
  private let limits: ReplicaLimits
  private var papers: [Paper]
  /// The numbers of requests that moved to another replica.
  private let movers: [Int]

  init(_ observed: Observation, of trace: [TraceRequest], limits: ReplicaLimits) {
    self.limits = limits
    let records = observed.requests
    papers = zip(trace, records).map { Paper(request: $0, record: $1) }
    movers = records.indices.filter { records[$0].cacheArrival != nil }
    for planned in observed.plans where planned.rank > 0 {
      for id in planned.waiting + planned.prefilling + planned.decoding { papers[id.number].rank = planned.rank }
    }
    for (iteration, planned) in observed.plans.enumerated() {
      let free = freeBlocks(at: planned)
      if !free.contains(planned.freeBlocks) {
        problems.append("plan \(iteration): \(free) blocks are free, not \(planned.freeBlocks)")
      }
      carryOut(planned)
      let left = freeBlocks(at: planned).upperBound
      if left < 0 { problems.append("plan \(iteration): \(-left) blocks are missing") }
      if planned.decoded.count + planned.plan.tiles.count > limits.maxRequests {
        problems.append("plan \(iteration): more requests run than may")
      }
      emit(planned)
    }
    notCoveredOnce = papers.indices.filter { number in
      let tokens = papers[number].request.promptTokens + papers[number].request.outputTokens - 1
      return papers[number].passes != [[Int]](repeating: [Int](repeating: 1, count: tokens), count: limits.layerCount)
    }
    papers = []
  }

  /// Blocks of a scheduler that nobody holds; fewer by those that are set aside for who comes to it. Notes the prefix
  /// blocks that are held.
  private mutating func freeBlocks(at planned: Planned) -> ClosedRange<Int> {
    var free = limits.blockCount
    var prefixes: [Int] = []
    for number in papers.indices where papers[number].blocks > 0 && papers[number].rank == planned.rank {
      guard papers[number].home(at: planned.now) == planned.replica else { continue }
      free -= papers[number].blocks
      if let size = limits.tokensPerPrefixBlock { prefixes += papers[number].passedIDs(size) }
    }
    if let size = limits.tokensPerPrefixBlock {
      free += (prefixes.count - Set(prefixes).count) * size / limits.tokensPerBlock
      everPassed[planned.place, default: []].formUnion(prefixes)
    }
    let awaited = movers.filter {
      papers[$0].rank == planned.rank && papers[$0].isAwaited(by: planned.replica, at: planned.now)
    }
    return free - awaited.reduce(0) { $0 + papers[$1].blocks }...free
  }

  private mutating func carryOut(_ planned: Planned) {
    for id in planned.plan.preemptions {
      thrownAway += papers[id.number].passes.joined().reduce(0, +)
      papers[id.number].passes = []
      papers[id.number].blocks = 0
    }
    for id in planned.plan.admissions {
      let length = papers[id.number].length
      papers[id.number].prefillTokens = length
      papers[id.number].blocks = (length + limits.tokensPerBlock - 1) / limits.tokensPerBlock
      let cached = cachedTokens(of: id, planned)
      let passes = (0..<length).map { $0 < cached ? 1 : 0 }
      papers[id.number].passes = [[Int]](repeating: passes, count: limits.layerCount)
      skipped += cached * limits.layerCount
    }
    for id in planned.decoded {
      let isFirstOfBlock = (papers[id.number].length - 1) % limits.tokensPerBlock == 0
      papers[id.number].blocks += isFirstOfBlock ? 1 : 0
      for layer in 0..<limits.layerCount { papers[id.number].passes[layer].append(1) }
    }
    for tile in planned.plan.tiles { pass(tile) }
  }

  /// What an admitted request found cached, compared with all that was ever computed.
  private mutating func cachedTokens(of id: RequestID, _ planned: Planned) -> Int {
    guard let place = planned.waiting.firstIndex(of: id), let size = limits.tokensPerPrefixBlock else { return 0 }
    let findable = papers[id.number].request.prefixIDs.prefix(
      min(papers[id.number].request.promptTokens, papers[id.number].length - 1) / size)
    let known = size * findable.prefix { everPassed[planned.place]?.contains($0) ?? false }.count
    if planned.cached[place] > known { problems.append("request \(id.number) finds cached what nobody computed") }
    forgotten += known - planned.cached[place]
    return planned.cached[place]
  }

  private mutating func pass(_ tile: Tile) {
    let number = tile.request.number
    for layer in tile.layers {
      for token in tile.tokens {
        let isReady = layer == 0 || papers[number].passes[layer - 1][token] == 1
        let isNext = token == 0 || papers[number].passes[layer][token - 1] == 1
        if !isReady || !isNext || papers[number].passes[layer][token] != 0 {
          problems.append("request \(number): token \(token) cannot pass layer \(layer)")
        }
        papers[number].passes[layer][token] += 1
      }
    }
  }

  private mutating func emit(_ planned: Planned) {
    let prefilled = planned.plan.tiles.map(\.request).filter { papers[$0.number].isPrefilled }
    for id in planned.decoded + prefilled {
      papers[id.number].emitted += 1
      if papers[id.number].emitted == papers[id.number].request.outputTokens { papers[id.number].blocks = 0 }
    }
  }
}

extension Planned {
  /// Whose blocks it speaks of.
  fileprivate var place: [Int] { [replica.number, rank] }
}
