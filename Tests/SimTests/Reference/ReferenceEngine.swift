import Base
import HardwareModels
import Traces

/// Decides for the reference what an iteration does, by calling the replica's rules.
protocol ReferenceScheduler: AnyObject {
  func plan(_ replica: ReferenceReplica)
}

/// What the reference did in an iteration.
struct ReferenceIteration {
  var start: SimTime
  var end: SimTime
  var decodes: Int
  var pieces: [ReferenceReplica.Piece]
  var emitted: Int
  var waiting: Int
  var usedBlocks: Int
  var work: IterationWork
  var cost: IterationCost
}

/// The plain engine that the fast one must equal: slow, obvious, per request and per token, written from
/// `reference/layered-prefill.md` and not from `Sources/Sim`.
///
/// Take arrivals, plan, run, account. Two things are ours, because the page leaves them open: a request that arrives in
/// the instant in which an iteration ends counts before that iteration's tokens come out, and a request is turned away
/// if the whole cache could not hold its prompt and answer.
final class ReferenceEngine {
  private let replica: ReferenceReplica
  private let scheduler: any ReferenceScheduler
  private var model: any CostModel
  private var upcoming: ArraySlice<ReferenceRequest>
  /// All requests in the order of arrival.
  let requests: [ReferenceRequest]
  private(set) var iterations: [ReferenceIteration] = []
  /// Requests in flight just after each arrival.
  private(set) var inFlightSamples: [Int] = []
  /// How long it had nothing to do, between the first arrival and the last token.
  private(set) var idleTime = 0.0

  init(_ trace: [TraceRequest], settings: ReferenceSettings, scheduler: any ReferenceScheduler, model: any CostModel) {
    replica = ReferenceReplica(settings)
    self.scheduler = scheduler
    self.model = model
    requests = trace.enumerated().map { number, request in
      ReferenceRequest(
        number: number, arrival: request.arrival, promptTokens: request.promptTokens,
        outputTokens: request.outputTokens, ids: request.prefixIDs)
    }
    upcoming = requests[...]
  }

  /// Serves all requests.
  func run() {
    var now = requests.first?.arrival ?? .zero
    while true {
      takeArrivals(until: now)
      if replica.inFlight > 0 {
        now = runIteration(at: now)
      } else if let next = upcoming.first {
        if !nobodyIsServedAnyMore { idleTime += (next.arrival - now).seconds }
        now = next.arrival
      } else {
        return
      }
    }
  }

  /// Whether only requests that will be turned away are still to come.
  private var nobodyIsServedAnyMore: Bool { upcoming.allSatisfy(mustTurnAway) }

  private func takeArrivals(until now: SimTime) {
    while let next = upcoming.first, next.arrival <= now {
      upcoming.removeFirst()
      next.isTurnedAway = mustTurnAway(next)
      if !next.isTurnedAway { replica.waiting.append(next) }
      inFlightSamples.append(replica.inFlight)
    }
  }

  private func mustTurnAway(_ request: ReferenceRequest) -> Bool {
    let total = request.promptTokens + request.outputTokens
    return total > replica.settings.maxModelLen || replica.blocks(holding: total - 1) > replica.settings.blockCount
  }

  private func runIteration(at now: SimTime) -> SimTime {
    replica.now = now
    replica.decodes = []
    replica.pieces = []
    scheduler.plan(replica)
    replica.forget()
    precondition(!replica.decodes.isEmpty || !replica.pieces.isEmpty, "an iteration does something")
    let work = replica.work
    let cost = model.cost(of: work)
    let nanoseconds = Int64((cost.duration.value * 1e9).rounded())
    let end = SimTime(nanoseconds: now.nanoseconds + max(1, nanoseconds))
    iterations.append(
      ReferenceIteration(
        start: now, end: end, decodes: replica.decodes.count, pieces: replica.pieces, emitted: work.emittedTokens,
        waiting: replica.waiting.count, usedBlocks: replica.settings.blockCount - replica.freeBlocks, work: work,
        cost: cost))
    takeArrivals(until: end)
    account(at: end)
    return end
  }

  private func account(at end: SimTime) {
    for request in replica.decodes.sorted(by: { $0.number < $1.number }) {
      request.tokenTimes.append(end)
      if request.isFinished { leave(request) }
    }
    for piece in replica.pieces {
      for layer in piece.layers { piece.request.passed[layer] += piece.tokens.count }
      replica.share(piece.request)
      guard piece.request.prefilled == piece.request.prefillTokens else { continue }
      piece.request.tokenTimes.append(end)
      replica.prefilling.removeAll { $0 === piece.request }
      replica.decoding.append(piece.request)
      if piece.request.isFinished { leave(piece.request) }
    }
  }

  private func leave(_ request: ReferenceRequest) {
    replica.decoding.removeAll { $0 === request }
    replica.giveBack(request)
  }
}
