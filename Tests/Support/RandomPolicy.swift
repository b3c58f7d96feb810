import Base
import Sim

/// Plans anything that is legal: preempts whom it likes, lets some decodes pause, admits out of order, and cuts prefills
/// into staircases. Exercises what no sensible policy does.
public struct RandomPolicy: SchedulingPolicy {
  /// `random`.
  public static let name = "random"
  /// What it does.
  public static let summary = "plans anything that is legal"

  private var random: SeededRandom

  /// The plans of this seed.
  public init(seed: UInt64) { random = SeededRandom(seed: seed, stream: "random policy") }

  /// There is nothing to set.
  public init(reading settings: ConfigNode, layerCount: Int) throws {
    throw settings.error("random plans have no settings")
  }

  /// Anything may run at once.
  public func mostBatchedTokens(maxRequests: Int, maxModelLen: Int) -> Int { maxModelLen + maxRequests }

  /// Something legal.
  public mutating func nextBatch(_ view: ReplicaView) -> BatchPlan {
    var plan = BatchPlan()
    var blocks = BlockDraft(view)
    let decodeCount = planDecodes(&plan, &blocks, view)
    var tileable = view.prefilling.map { ($0.id, $0.tokens, $0.frontier) }
    for request in view.waiting {
      let isNeeded = plan.isEmpty && tileable.isEmpty
      let isWanted = random.happens(0.4) && view.decodes.count + tileable.count < 2 * view.limits.maxRequests
      guard isNeeded || isWanted, blocks.admits(request, of: view) else { continue }
      blocks.admit(request, of: view)
      plan.admissions.append(request.id)
      let cached = view.tokensLeft(of: request).lowerBound
      let frontier = Frontier(layerCount: view.limits.layerCount, completedTokens: cached)
      tileable.append((request.id, request.tokens, frontier))
    }
    var room = view.limits.maxRequests - decodeCount
    for (id, tokens, frontier) in tileable where room > 0 && random.happens(0.7) || plan.isEmpty {
      plan.tiles.append(tile(id, tokens, frontier))
      room -= 1
    }
    return plan
  }

  /// Returns how many will decode.
  private mutating func planDecodes(_ plan: inout BatchPlan, _ blocks: inout BlockDraft, _ view: ReplicaView) -> Int {
    var left = Array(view.decodes.newestFirst.reversed())
    let others = view.waiting.count + view.prefilling.count
    left.removeAll { request in
      guard random.happens(0.02), others > 0 else { return false }
      plan.preemptions.append(request.id)
      blocks.preempt(request, of: view)
      return true
    }
    let most = min(left.count, view.limits.maxRequests)
    var count = random.happens(0.6) ? most : random.integer(0...most)
    if view.prefilling.isEmpty { count = max(count, min(1, left.count)) }
    while !blocks.admits(left.prefix(count).count(where: \.needsBlock)) {
      let isNeeded = count == 1 && view.prefilling.isEmpty
      guard isNeeded, let newest = left.popLast() else {
        count -= 1
        continue
      }
      plan.preemptions.append(newest.id)
      blocks.preempt(newest, of: view)
      count = min(count, left.count)
    }
    blocks.reserve(left.prefix(count).count(where: \.needsBlock))
    plan.decodes = count > 0 && count == left.count && random.happens(0.5) ? .all : .oldest(count)
    return count
  }

  /// Some tokens through some layers that stand ready for them.
  private mutating func tile(_ id: RequestID, _ tokens: Int, _ frontier: Frontier) -> Tile {
    let layerCount = frontier.layerCount
    func isReady(_ layer: Int) -> Bool {
      frontier.tokens(through: layer) < (layer == 0 ? tokens : frontier.tokens(through: layer - 1))
    }
    let first = random.one(of: (0..<layerCount).filter(isReady))
    let start = frontier.tokens(through: first)
    let level = (first..<layerCount).prefix { frontier.tokens(through: $0) == start }.count
    let limit = first == 0 ? tokens : frontier.tokens(through: first - 1)
    let end = random.happens(0.5) ? limit : random.integer(start + 1...limit)
    return Tile(request: id, tokens: start..<end, layers: first..<first + random.integer(1...level))
  }
}

extension BatchPlan {
  /// Whether nobody decodes or prefills.
  fileprivate var isEmpty: Bool { tiles.isEmpty && decodes == .oldest(0) }
}
