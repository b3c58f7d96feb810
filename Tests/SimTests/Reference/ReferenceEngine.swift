import Base
import HardwareModels
import Sim
import Traces

/// Decides for the reference what an iteration does, by calling the replica's rules.
protocol ReferenceScheduler: AnyObject {
  func plan(_ replica: ReferenceReplica)
}

/// What the reference did in an iteration.
struct ReferenceIteration {
  var replica: Int
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
/// From moment to moment: take arrivals, take keys and values that have moved, end iterations, and let those replicas go
/// on to which something happened. Ours, because the page leaves it open: that order within a moment, and that a request
/// is turned away if the whole cache could not hold its prompt and answer.
final class ReferenceEngine {
  let replicas: [ReferenceReplica]
  private let link: CacheLink?
  let bytesPerToken: Double
  /// The replicas at which requests arrive, and those that decode what others have prefilled, each with a router.
  private let intake: ReferencePool
  private let decoders: ReferencePool?
  private var model: any CostModel
  private var upcoming: ArraySlice<ReferenceRequest>
  private var moves:
    [(request: ReferenceRequest, sender: ReferenceReplica, receiver: ReferenceReplica, end: SimTime?)] =
      []
  /// All requests in the order of arrival.
  let requests: [ReferenceRequest]
  private(set) var iterations: [ReferenceIteration] = []
  /// Those that run, in the order in which they began.
  private var running: [ReferenceIteration] = []
  /// Requests in flight just after each arrival.
  private(set) var inFlightSamples: [Int] = []

  /// - Parameter schedulers: one for each replica of the server.
  init(
    _ trace: [TraceRequest], on server: Simulation.Server, schedulers: [any ReferenceScheduler], model: any CostModel
  ) {
    let settings = server.pools.flatMap { pool in
      [ReferenceSettings](
        repeating: ReferenceSettings(pool.limits, window: server.attentionWindow), count: pool.replicaCount)
    }
    let replicas = zip(settings, schedulers).enumerated().map { ReferenceReplica($0, $1.0, $1.1) }
    self.replicas = replicas
    intake = ReferencePool(
      replicas.prefix(server.pool.replicaCount), server.router, SeededRandom(seed: server.seed, stream: "router"))
    decoders = server.handover.map { _ in
      ReferencePool(
        replicas.dropFirst(server.pool.replicaCount), server.router,
        SeededRandom(seed: server.seed, stream: "decode router"))
    }
    link = server.handover?.link
    bytesPerToken = server.handover?.bytesPerToken.value ?? 0
    self.model = model
    requests = trace.enumerated().map { ReferenceRequest(number: $0, $1) }
    upcoming = requests[...]
  }

  /// Serves all requests.
  func run() {
    while let now = nextMoment {
      takeArrivals(at: now)
      takeCaches(at: now)
      let ended = running.filter { $0.end == now }
      running.removeAll { $0.end == now }
      for iteration in ended { account(iteration) }
      for replica in replicas where replica.isTouched {
        replica.isTouched = false
        if !running.contains(where: { $0.replica == replica.number }) { begin(replica, at: now) }
        giveBlocks(replica, at: now)
      }
    }
  }

  /// How long its replicas did nothing, from the first arrival on.
  func idleTime(until end: SimTime) -> Double {
    guard let first = requests.first?.arrival else { return 0 }
    let busy = iterations.reduce(Int64(0)) { $0 + ($1.end - $1.start).nanoseconds }
    return Double((end - first).nanoseconds * Int64(replicas.count) - busy) * 1e-9
  }

  private var nextMoment: SimTime? {
    (upcoming.prefix(1).map(\.arrival) + running.map(\.end) + moves.compactMap(\.end)).min()
  }

  private func takeArrivals(at now: SimTime) {
    while let next = upcoming.first, next.arrival == now {
      upcoming.removeFirst()
      let replica = intake.replica(for: next)
      next.isTurnedAway = mustTurnAway(next)
      if !next.isTurnedAway {
        replica.waiting.append(next)
        replica.isTouched = true
      }
      inFlightSamples.append(replicas.reduce(0) { $0 + $1.load.requestsInFlight })
    }
  }

  private func mustTurnAway(_ request: ReferenceRequest) -> Bool {
    let total = request.promptTokens + request.outputTokens
    if total > replicas[0].settings.maxModelLen { return true }
    func overflows(_ replica: ReferenceReplica, _ tokens: Int) -> Bool {
      replica.blocks(holding: tokens) > replica.settings.blockCount
    }
    guard let decoder = decoders?.replicas.first else { return overflows(replicas[0], total - 1) }
    return overflows(replicas[0], request.promptTokens) || request.outputTokens > 1 && overflows(decoder, total - 1)
  }

  private func begin(_ replica: ReferenceReplica, at now: SimTime) {
    guard replica.inFlight > 0 else { return }
    replica.now = now
    replica.decodes = []
    replica.pieces = []
    replica.scheduler.plan(replica)
    guard !replica.decodes.isEmpty || !replica.pieces.isEmpty else {
      precondition(!moves.isEmpty, "an iteration does something unless blocks are held by who moves")
      return
    }
    let work = replica.work
    let cost = model.cost(of: work)
    let nanoseconds = Int64((cost.duration.value * 1e9).rounded())
    let end = SimTime(nanoseconds: now.nanoseconds + max(1, nanoseconds))
    let iteration = ReferenceIteration(
      replica: replica.number, start: now, end: end, decodes: replica.decodes.count, pieces: replica.pieces,
      emitted: work.emittedTokens, waiting: replica.waiting.count,
      usedBlocks: replica.settings.blockCount - replica.freeBlocks.count, work: work, cost: cost)
    running.append(iteration)
    iterations.append(iteration)
  }

  private func account(_ iteration: ReferenceIteration) {
    let (replica, end) = (replicas[iteration.replica], iteration.end)
    replica.isTouched = true
    for request in replica.decodes {
      request.tokenTimes.append(end)
      if request.isFinished { leave(request, replica) }
    }
    for piece in replica.pieces {
      for layer in piece.layers { piece.request.passed[layer] += piece.tokens.count }
      guard piece.request.prefilled == piece.request.prefillTokens else { continue }
      piece.request.tokenTimes.append(end)
      replica.prefilling.removeAll { $0 === piece.request }
      if piece.request.isFinished { leave(piece.request, replica) } else { goOn(piece.request, replica) }
    }
  }

  private func leave(_ request: ReferenceRequest, _ replica: ReferenceReplica) {
    replica.decoding.removeAll { $0 === request }
    replica.giveBack(request)
  }

  /// After a prefill's token: decodes here, or comes to a replica that decodes.
  private func goOn(_ request: ReferenceRequest, _ replica: ReferenceReplica) {
    guard let decoders, replica.number < intake.replicas.count else { return replica.decoding.append(request) }
    let receiver = decoders.replica(for: request)
    receiver.awaited.append(request)
    receiver.isTouched = true
    moves.append((request, replica, receiver, nil))
  }

  /// Sets blocks aside for those that come to a replica, in their order, and gives them to their senders' links.
  private func giveBlocks(_ replica: ReferenceReplica, at now: SimTime) {
    while let next = replica.awaited.first, let link, replica.waiting.isEmpty,
      replica.runningCount + replica.arriving.count < replica.settings.maxRequests,
      let place = moves.firstIndex(where: { $0.request === next }), replica.setAside(for: next)
    {
      let seconds = link.latency.value + bytesPerToken * Double(next.promptTokens) / link.bandwidth.value
      let sender = moves[place].sender
      sender.linkIsFree = max(now, sender.linkIsFree) + .seconds(seconds)
      var move = moves.remove(at: place)
      move.end = sender.linkIsFree
      moves.append(move)
    }
  }

  private func takeCaches(at now: SimTime) {
    for move in moves where move.end == now {
      move.sender.giveBack(move.request)
      move.receiver.take(move.request)
      move.request.cacheArrival = now
      move.sender.isTouched = true
      move.receiver.isTouched = true
    }
    moves.removeAll { $0.end == now }
  }
}
