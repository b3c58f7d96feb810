import Base

extension Rank {
  /// Ends its share of the iteration that runs: frontiers advance, tokens come out, requests finish and are recorded.
  mutating func endIteration(at now: SimTime, ledger: inout Ledger) throws {
    if !finished.isEmpty { finished.removeAll(keepingCapacity: true) }
    if !prefilled.isEmpty { prefilled.removeAll(keepingCapacity: true) }
    view.decodes.advance(to: now, gaps: &ledger.summary.timeBetweenTokens, finished: &finished)
    if view.prefixes != nil { finished.sort { requests[$0].id < requests[$1].id } }
    for slot in finished {
      let departure = view.decodes.remove(slot)
      requests[slot].noteDeparture(departure, emissions: emissions(of: departure, until: iteration))
      view.releaseBlocks(holding: departure.length - 1, of: slot)
      try leave(slot, ledger: &ledger)
    }
    var place = 0
    let tiles = exchange(&plan.tiles, with: [])
    for tile in tiles {
      guard let found = nextPlace(of: tile.request, from: place) else { preconditionFailure("a checked tile is lost") }
      pendingTokens -= view.prefilling[found].advance(by: tile)
      view.keepPrefix(of: view.prefilling[found].slot, upTo: view.prefilling[found].frontier.completedTokens)
      let isComplete = view.prefilling[found].frontier.completedTokens == view.prefilling[found].tokens
      if isComplete { try completePrefill(view.prefilling.remove(at: found), at: now, ledger: &ledger) }
      place = isComplete ? found : found + 1
    }
  }

  /// Lets a request decode from now on whose last token came out of a prefill.
  mutating func decode(_ slot: Int) {
    let request = requests[slot]
    view.decodes.join(
      request.id, slot: slot, length: request.length, remaining: request.outputTokens - request.emittedTokens,
      lastToken: request.lastToken)
  }

  /// The iterations that brought out a departing request's tokens, if anybody wants to know.
  func emissions(of departure: DecodePool.Departure, until last: Int) -> Emission? {
    guard tracksEmissions, let first = departure.firstIteration else { return nil }
    return Emission(id, first...last)
  }

  /// The prefill's last tile yields a token; the request is to decode, or is done.
  private mutating func completePrefill(
    _ request: PrefillingRequest, at now: SimTime, ledger: inout Ledger
  ) throws {
    let slot = request.slot
    if tracksEmissions { requests[slot].emissions.append(Emission(id, iteration...iteration)) }
    if let gap = requests[slot].emitFirstOfRun(at: now) { ledger.summary.timeBetweenTokens.add(gap) }
    if requests[slot].emittedTokens == requests[slot].outputTokens {
      view.releaseBlocks(holding: request.tokens, of: slot)
      try leave(slot, ledger: &ledger)
    } else {
      prefilled.append(slot)
    }
  }

  private mutating func leave(_ slot: Int, ledger: inout Ledger) throws {
    try ledger.note(requests[slot].record(.completed))
    requests.remove(slot)
  }
}

extension PrefillingRequest {
  /// Moves its frontier over a tile; returns how many more tokens have passed every layer.
  fileprivate mutating func advance(by tile: Tile) -> Int {
    let before = frontier.completedTokens
    frontier.advance(by: tile)
    return frontier.completedTokens - before
  }
}

extension ActiveRequest {
  /// A prefill's token comes out. Returns the gap to the token before, which there is after a preemption only.
  fileprivate mutating func emitFirstOfRun(at now: SimTime) -> SimDuration? {
    defer {
      emittedTokens += 1
      lastToken = now
    }
    guard emittedTokens > 0 else {
      firstToken = now
      return nil
    }
    largestGap = max(largestGap, now - lastToken)
    return now - lastToken
  }

  /// Takes over what the pool knew.
  mutating func noteDeparture(_ departure: DecodePool.Departure, emissions run: Emission?) {
    emittedTokens = departure.length - promptTokens
    lastToken = departure.lastToken
    largestGap = max(largestGap, departure.largestGap)
    if let run { emissions.append(run) }
  }
}
