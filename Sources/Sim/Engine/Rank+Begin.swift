import Base
import HardwareModels

extension Rank {
  /// Plans, checks and takes up its share of the lane's next iteration, and adds it to the record; returns whether it has
  /// something to do.
  @inline(__always)
  mutating func takeUp(_ record: inout IterationRecord, at now: SimTime, prefillClock: Int) throws -> Bool {
    iteration = record.index
    view.prefillClock = prefillClock
    let hasWork = try requestsInFlight > 0 && carryOutNextPlan(at: now)
    if hasWork { cutWork(plan.tiles) } else { (plan, work) = (BatchPlan(), IterationWork()) }
    count(in: &record)
    return hasWork
  }

  /// Puts the next plan's preemptions, admissions and decodes in place; returns whether anything runs.
  @inline(__always)
  private mutating func carryOutNextPlan(at now: SimTime) throws -> Bool {
    let plan = nextPlan(at: now)
    try preempt(plan.preemptions)
    try admit(plan.admissions, at: now)
    try selectDecodes(plan.decodes)
    try check(plan.tiles)
    let active = view.decodes.runningCount + plan.tiles.count
    guard active <= view.limits.maxRequests else {
      throw error("\(active) requests are to run but the limit is \(view.limits.maxRequests)")
    }
    guard active > 0 else {
      // Who holds the missing blocks is on the way.
      if arrivingCount + leavingCount > 0 { return false }
      // It waits for the prefills of other ranks.
      if view.prefillClock > 0, view.prefilling.isEmpty { return false }
      throw error("nothing is planned though \(requestsInFlight) requests are in flight")
    }
    self.plan = plan
    return true
  }

  private mutating func preempt(_ victims: [RequestID]) throws {
    for id in victims {
      guard let entry = view.decodes.roster.newestFirst.first(where: { $0.id == id }) else {
        throw error("request \(id.number) is to be preempted but does not decode")
      }
      let departure = view.decodes.remove(entry.slot)
      requests[entry.slot].noteDeparture(departure, emissions: emissions(of: departure, until: iteration - 1))
      requests[entry.slot].preemptions += 1
      view.releaseBlocks(holding: departure.length - 1, of: entry.slot)
      pendingTokens += departure.length
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
      pendingTokens -= cached
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
      for run in view.decodes.select(oldest: count, iteration: iteration) where tracksEmissions {
        requests[run.slot].emissions.append(Emission(id, run.firstIteration...iteration - 1))
      }
    }
    let needed = view.decodes.needingBlock
    guard view.budget.admits(needed) else {
      throw error("the decodes need \(needed) KV blocks but \(view.budget.freeBlocks) are free")
    }
    view.takeBlocks(needed)
  }

  /// Checks every tile against its request's frontier.
  private func check(_ tiles: [Tile]) throws {
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
      place = found + 1
    }
  }

  /// Tiles come in the order of admission, so that each is found in one step.
  func nextPlace(of request: RequestID, from place: Int) -> Int? {
    view.prefilling[place...].firstIndex { $0.id == request }
  }

  /// Adds what it does to the counts of its lane's iteration.
  private func count(in record: inout IterationRecord) {
    record.decodes += view.decodes.runningCount
    record.prefillRequests += plan.tiles.count
    record.emittedTokens += work.emittedTokens
    record.waiting += view.waiting.count
    record.usedBlocks += view.budget.blockCount - view.budget.freeBlocks
    for tile in plan.tiles {
      record.prefillTokenLayers += tile.tokens.count * tile.layers.count
      let layers = record.prefillLayers
      record.prefillLayers =
        layers.isEmpty
        ? tile.layers
        : min(layers.lowerBound, tile.layers.lowerBound)..<max(layers.upperBound, tile.layers.upperBound)
    }
  }
}

extension IterationRecord {
  /// Counts nothing any more.
  mutating func clear() {
    (decodes, prefillTokenLayers, prefillRequests, emittedTokens, waiting, usedBlocks) = (0, 0, 0, 0, 0, 0)
    prefillLayers = 0..<0
  }
}
