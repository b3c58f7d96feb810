import Base
import HardwareModels

extension Replica {
  /// Plans, checks, prices or carries out, and begins the next iteration; returns when it ends, nil if there is nothing
  /// to do.
  mutating func beginIteration(
    at now: SimTime, cost model: inout any CostModel, executor: inout (any PlanExecutor)?
  ) throws -> SimTime? {
    guard requestsInFlight > 0 else { return nil }
    let plan = nextPlan(at: now)
    try preempt(plan.preemptions)
    try admit(plan.admissions, at: now)
    try selectDecodes(plan.decodes)
    let prefillTokenLayers = try check(plan.tiles)
    let active = view.decodes.runningCount + plan.tiles.count
    guard active <= view.limits.maxRequests else {
      throw error("\(active) requests are to run but the limit is \(view.limits.maxRequests)")
    }
    guard active > 0 else {
      throw error("nothing is planned though \(requestsInFlight) requests are in flight")
    }
    tiles = plan.tiles
    cutWork(tiles)
    if let cost = try executor?.execute(plan, of: view, work: work) {
      iteration.cost = cost
    } else {
      model.price(work, into: &iteration.cost)
    }
    let end = try end(of: iteration.cost, from: now)
    iteration.index = iterationCount
    iteration.start = now
    iteration.end = end
    iteration.decodes = view.decodes.runningCount
    iteration.prefillTokenLayers = prefillTokenLayers
    iteration.prefillRequests = tiles.count
    iteration.prefillLayers = tiles.layerSpan
    iteration.emittedTokens = work.emittedTokens
    iteration.waiting = view.waiting.count
    iteration.usedBlocks = view.budget.blockCount - view.budget.freeBlocks
    isRunning = true
    iterationCount += 1
    return end
  }

  private mutating func preempt(_ victims: [RequestID]) throws {
    for id in victims {
      guard let entry = view.decodes.roster.newestFirst.first(where: { $0.id == id }) else {
        throw error("request \(id.number) is to be preempted but does not decode")
      }
      let departure = view.decodes.remove(entry.slot)
      requests[entry.slot].noteDeparture(departure, lastIteration: tracksEmissions ? iterationCount - 1 : nil)
      requests[entry.slot].preemptions += 1
      view.releaseBlocks(holding: departure.length - 1, of: entry.slot)
      view.waiting.prepend(WaitingRequest(id: id, tokens: departure.length, slot: entry.slot))
    }
  }

  private mutating func admit(_ admissions: [RequestID], at now: SimTime) throws {
    for id in admissions {
      guard let place = view.waiting.firstIndex(where: { $0.id == id }) else {
        throw error("request \(id.number) is to be admitted but does not wait")
      }
      let request = view.waiting.remove(at: place)
      let cached = view.tokensLeft(of: request).lowerBound
      let blocks = view.budget.blocks(for: request.tokens) - (view.prefixes?.admit(request) ?? 0)
      guard view.budget.admits(blocks) else {
        throw error("request \(id.number) needs \(blocks) KV blocks but \(view.budget.freeBlocks) are free")
      }
      view.budget.reserve(blocks)
      view.prefilling.append(
        PrefillingRequest(
          id: id, tokens: request.tokens,
          frontier: Frontier(layerCount: view.limits.layerCount, completedTokens: cached), slot: request.slot))
      requests[request.slot].noteAdmission(at: now, cachedTokens: cached)
    }
  }

  private mutating func selectDecodes(_ selection: DecodeSelection) throws {
    let count: Int
    switch selection {
    case .all: count = view.decodes.count
    case .oldest(let limit): count = min(limit, view.decodes.count)
    }
    guard count >= 0 else { throw error("\(count) requests are to decode") }
    if count != view.decodes.runningCount {
      for run in view.decodes.select(oldest: count, iteration: iterationCount) where tracksEmissions {
        requests[run.slot].emissions.append(run.firstIteration...iterationCount - 1)
      }
    }
    let needed = view.decodes.needingBlock
    guard view.budget.admits(needed) else {
      throw error("the decodes need \(needed) KV blocks but \(view.budget.freeBlocks) are free")
    }
    view.budget.reserve(needed)
    view.prefixes?.evict(freeBlocks: view.budget.freeBlocks)
  }

  /// Checks every tile against its request's frontier; returns tokens x layers.
  private func check(_ tiles: [Tile]) throws -> Int {
    var tokenLayers = 0
    var place = 0
    for tile in tiles {
      guard let found = nextPlace(of: tile.request, from: place) else {
        throw error(
          "request \(tile.request.number) has a tile but is not prefilling, has two, or comes before one that was admitted earlier"
        )
      }
      let request = view.prefilling[found]
      guard tile.tokens.upperBound <= request.tokens, request.frontier.admits(tile) else {
        throw error(
          "the tile of request \(tile.request.number), tokens \(tile.tokens), layers \(tile.layers), "
            + "does not fit its frontier")
      }
      tokenLayers += tile.tokens.count * tile.layers.count
      place = found + 1
    }
    return tokenLayers
  }

  /// Tiles come in the order of admission, so that each is found in one step.
  func nextPlace(of request: RequestID, from place: Int) -> Int? {
    view.prefilling[place...].firstIndex { $0.id == request }
  }

  private func end(of cost: IterationCost, from now: SimTime) throws -> SimTime {
    let seconds = cost.duration.value
    guard seconds > 0, seconds < SimDuration.longest.seconds - now.seconds else {
      throw InputError(
        .config,
        "an iteration would take \(seconds) s at \(now.seconds) s of simulated time; the clock ends after "
          + "146 years", hint: "check the GPU's and the engine profile's figures")
    }
    return now + max(.seconds(seconds), SimDuration(nanoseconds: 1))
  }
}

extension [Tile] {
  /// From the first layer that has prefill to the last; empty without tiles.
  fileprivate var layerSpan: Range<Int> {
    guard let first else { return 0..<0 }
    return reduce(first.layers) {
      Swift.min($0.lowerBound, $1.layers.lowerBound)..<Swift.max($0.upperBound, $1.layers.upperBound)
    }
  }
}
