import Base

extension Replica {
  /// Ends the iteration that runs: frontiers advance, tokens come out, requests finish and are recorded.
  mutating func endIteration(at now: SimTime, ledger: inout Ledger) throws {
    precondition(isRunning, "an iteration ends only after it has begun")
    isRunning = false
    idleSince = now
    finished.removeAll(keepingCapacity: true)
    view.decodes.advance(to: now, gaps: &ledger.summary.timeBetweenTokens, finished: &finished)
    if view.prefixes != nil { finished.sort { requests[$0].id < requests[$1].id } }
    for slot in finished {
      let departure = view.decodes.remove(slot)
      requests[slot].noteDeparture(departure, lastIteration: tracksEmissions ? iteration.index : nil)
      view.releaseBlocks(holding: departure.length - 1, of: slot)
      try leave(slot, ledger: &ledger)
    }
    var place = 0
    for tile in tiles {
      guard let found = nextPlace(of: tile.request, from: place) else { preconditionFailure("a checked tile is lost") }
      view.prefilling[found].frontier.advance(by: tile)
      view.keepPrefix(ofPrefill: found)
      let isComplete = view.prefilling[found].frontier.completedTokens == view.prefilling[found].tokens
      if isComplete { try completePrefill(view.prefilling.remove(at: found), at: now, ledger: &ledger) }
      place = isComplete ? found : found + 1
    }
    try ledger.note(iteration)
  }

  /// The prefill's last tile yields a token; the request decodes from now on, or is done.
  private mutating func completePrefill(
    _ request: PrefillingRequest, at now: SimTime, ledger: inout Ledger
  ) throws {
    let slot = request.slot
    if tracksEmissions { requests[slot].emissions.append(iterationCount - 1...iterationCount - 1) }
    if let gap = requests[slot].emitFirstOfRun(at: now) { ledger.summary.timeBetweenTokens.add(gap) }
    let remaining = requests[slot].outputTokens - requests[slot].emittedTokens
    if remaining == 0 {
      view.releaseBlocks(holding: request.tokens, of: slot)
      try leave(slot, ledger: &ledger)
    } else {
      view.decodes.join(request.id, slot: slot, length: requests[slot].length, remaining: remaining, lastToken: now)
    }
  }

  private mutating func leave(_ slot: Int, ledger: inout Ledger) throws {
    try ledger.note(requests[slot].record(.completed))
    requests.remove(slot)
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

  /// Takes over what the pool knew. The run of iterations is kept only if its last one is given.
  mutating func noteDeparture(_ departure: DecodePool.Departure, lastIteration: Int?) {
    emittedTokens = departure.length - promptTokens
    lastToken = departure.lastToken
    largestGap = max(largestGap, departure.largestGap)
    guard let first = departure.firstIteration, let lastIteration else { return }
    emissions.append(first...lastIteration)
  }
}
