import Sim
import TestSupport
import Traces

/// Follows plans with pencil and paper: which layers each token has passed, and who holds how many KV blocks.
struct PlanAudit {
  private struct Paper {
    var request: TraceRequest
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
  /// Every prefix block that ever passed all layers.
  private var everPassed: Set<Int> = []
  private let limits: ReplicaLimits
  private var papers: [Paper]

  init(_ plans: [Planned], of trace: [TraceRequest], limits: ReplicaLimits) {
    self.limits = limits
    papers = trace.map { Paper(request: $0) }
    for (iteration, planned) in plans.enumerated() {
      if planned.freeBlocks != freeBlocks {
        problems.append("iteration \(iteration): \(freeBlocks) blocks are free, not \(planned.freeBlocks)")
      }
      carryOut(planned)
      if freeBlocks < 0 { problems.append("iteration \(iteration): \(-freeBlocks) blocks are missing") }
      if planned.decoded.count + planned.plan.tiles.count > limits.maxRequests {
        problems.append("iteration \(iteration): more requests run than may")
      }
      emit(planned)
    }
  }

  /// Blocks that nobody holds.
  private var freeBlocks: Int {
    let blocks = limits.blockCount - papers.reduce(0) { $0 + $1.blocks }
    guard let size = limits.tokensPerPrefixBlock else { return blocks }
    let held = papers.filter { $0.blocks > 0 }.flatMap { $0.passedIDs(size) }
    return blocks + (held.count - Set(held).count) * (size / limits.tokensPerBlock)
  }

  /// Tokens x layers of all requests since their last preemption.
  var covered: Int { papers.reduce(0) { $0 + $1.passes.joined().reduce(0, +) } }

  /// Requests that have not covered (prompt + output - 1) x layers exactly once.
  var notCoveredOnce: [Int] {
    papers.indices.filter { number in
      let tokens = papers[number].request.promptTokens + papers[number].request.outputTokens - 1
      return papers[number].passes != [[Int]](repeating: [Int](repeating: 1, count: tokens), count: limits.layerCount)
    }
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
    for tile in planned.plan.tiles {
      pass(tile)
      guard let size = limits.tokensPerPrefixBlock else { continue }
      everPassed.formUnion(papers[tile.request.number].passedIDs(size))
    }
  }

  /// What an admitted request found cached, compared with all that was ever computed.
  private mutating func cachedTokens(of id: RequestID, _ planned: Planned) -> Int {
    guard let place = planned.waiting.firstIndex(of: id), let size = limits.tokensPerPrefixBlock else { return 0 }
    let findable = papers[id.number].request.prefixIDs.prefix(
      min(papers[id.number].request.promptTokens, papers[id.number].length - 1) / size)
    let known = size * findable.prefix { everPassed.contains($0) }.count
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
