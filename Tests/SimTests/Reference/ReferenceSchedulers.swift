/// Chunked: decodes take one token each of C; then prompts begun, then waiting ones, take min(remaining, C - used).
final class ReferenceChunked: ReferenceScheduler {
  private let budget: Int

  init(budget: Int) { self.budget = budget }

  func plan(_ replica: ReferenceReplica) {
    let limit = replica.settings.maxRequests
    replica.decodeOldestFirst(atMost: min(budget, limit))
    var used = replica.decodes.count
    for request in replica.prefilling where used < budget {
      used += prefillPart(of: request, atMost: budget - used, on: replica)
    }
    while used < budget, replica.runningCount < limit, let request = replica.admitNext() {
      used += prefillPart(of: request, atMost: budget - used, on: replica)
    }
  }

  private func prefillPart(of request: ReferenceRequest, atMost limit: Int, on replica: ReferenceReplica) -> Int {
    let begin = request.prefilled
    let end = min(request.prefillTokens, begin + limit)
    replica.prefill(request, tokens: begin..<end, layers: replica.allLayers)
    return end - begin
  }
}

/// Orca: whole waiting prompts first, if they fit the budget, then decodes as far as S allows. A prompt longer than the
/// whole budget, of which the page does not speak, runs without other prompts.
final class ReferenceOrca: ReferenceScheduler {
  private let budget: Int

  init(budget: Int) { self.budget = budget }

  func plan(_ replica: ReferenceReplica) {
    let admitted = replica.prefillWholePrompts(budget: budget, atMost: replica.settings.maxRequests)
    replica.decodeOldestFirst(atMost: replica.settings.maxRequests - admitted)
  }
}

/// Static batching, of which the page does not speak: a batch is prefilled whole and decoded to its end, then the next.
final class ReferenceStatic: ReferenceScheduler {
  private let batchSize: Int
  private let budget: Int

  init(batchSize: Int, budget: Int) {
    self.batchSize = batchSize
    self.budget = budget
  }

  func plan(_ replica: ReferenceReplica) {
    if replica.decoding.isEmpty {
      _ = replica.prefillWholePrompts(budget: budget, atMost: min(batchSize, replica.settings.maxRequests))
    } else {
      replica.decodeOldestFirst(atMost: replica.settings.maxRequests)
    }
  }
}

extension ReferenceReplica {
  /// Takes waiting prompts whole while they fit the budget; returns how many.
  func prefillWholePrompts(budget: Int, atMost limit: Int) -> Int {
    var used = 0
    var admitted = 0
    while admitted < limit, let next = waiting.first,
      used == 0 || used + next.length - cachedTokens(of: next) <= budget, let request = admitNext()
    {
      prefill(request, tokens: request.prefilled..<request.prefillTokens, layers: allLayers)
      used += request.prefillTokens - request.prefilled
      admitted += 1
    }
    return admitted
  }
}
