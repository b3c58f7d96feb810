import Base
import HardwareModels
import Sim
import Traces

/// Decides for the reference what an iteration does, by calling the replica's rules.
protocol ReferenceScheduler: AnyObject {
  func plan(_ replica: ReferenceReplica)
  /// Whether it has begun what other ranks of the lane may want to see ended.
  var isUnderWay: Bool { get }
}

extension ReferenceScheduler {
  var isUnderWay: Bool { false }
}

/// What the reference did in an iteration.
struct ReferenceIteration {
  /// What a scheduler of the lane did.
  struct Share {
    var decodes: Int
    var pieces: [ReferenceReplica.Piece]
    var waiting: Int
    var usedBlocks: Int
    var work: IterationWork
  }

  var lane: ReferenceLane
  var start: SimTime
  /// When each stage began its part, and when it had done it.
  var stageStarts: [SimTime]
  var stageEnds: [SimTime]
  var shares: [Share]
  var cost: IterationCost

  var end: SimTime { stageEnds.last ?? start }
}

/// The plain engine that the fast one must equal: slow, obvious, per request and per token, written from
/// `reference/layered-prefill.md` and not from `Sources/Sim`.
///
/// From moment to moment: take arrivals, take keys and values that have moved, end iterations, and let those lanes go on to
/// whose schedulers something happened. Ours, because the page leaves it open: that order within a moment, that a request
/// is turned away if the whole cache could not hold its prompt and answer, and all lanes and stages.
final class ReferenceEngine {
  /// The schedulers, and the lanes of which each has some.
  let replicas: [ReferenceReplica]
  let lanes: [ReferenceLane]
  private let link: CacheLink?
  let bytesPerToken: Double
  /// The schedulers at which requests arrive, and those that decode what others have prefilled, each with a router.
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
  /// Lanes that have work and wait for the first stage of their replica, in the order in which they came to wait.
  private var line: [ReferenceLane] = []
  /// Requests in flight just after each arrival.
  private(set) var inFlightSamples: [Int] = []

  /// - Parameter schedulers: one for each rank of each lane of each replica of the server.
  init(
    _ trace: [TraceRequest], on server: Simulation.Server, schedulers: [any ReferenceScheduler], model: any CostModel
  ) {
    let (replicas, lanes) = ReferenceLane.build(server, schedulers)
    (self.replicas, self.lanes) = (replicas, lanes)
    intake = ReferencePool(
      replicas.prefix(server.pool.schedulerCount), server.router, SeededRandom(seed: server.seed, stream: "router"))
    decoders = server.handover.map { _ in
      ReferencePool(
        replicas.dropFirst(server.pool.schedulerCount), server.router,
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
    var last = SimTime.zero
    while let now = nextMoment(after: last) {
      last = now
      takeArrivals(at: now)
      takeCaches(at: now)
      let ended = running.filter { $0.end == now }
      running.removeAll { $0.end == now }
      for iteration in ended { account(iteration) }
      for freed in Set(running.filter { $0.stageEnds[0] == now }.map(\.lane.replica)) {
        line.first { $0.replica == freed }?.isTouched = true
      }
      for lane in lanes where lane.isTouched {
        lane.isTouched = false
        goOn(lane, at: now)
      }
    }
  }

  /// Lets the lanes of a replica begin that have work, in the order in which they came to have it.
  private func goOn(_ lane: ReferenceLane, at now: SimTime) {
    let isBusy = running.contains { $0.lane === lane } || line.contains { $0 === lane }
    if !isBusy, lane.schedulers.contains(where: { $0.inFlight > 0 }) { line.append(lane) }
    while stageIsFree(0, of: lane.replica) <= now, let next = line.first(where: { $0.replica == lane.replica }) {
      line.removeAll { $0 === next }
      begin(next, at: now)
      for scheduler in next.schedulers { giveBlocks(scheduler, at: now) }
    }
    for scheduler in lane.schedulers { giveBlocks(scheduler, at: now) }
  }

  /// When a stage has done all that it was given: what passed it last passed it after all others.
  private func stageIsFree(_ stage: Int, of replica: Int) -> SimTime {
    iterations.last { $0.lane.replica == replica }?.stageEnds[stage] ?? .zero
  }

  /// How long the stages of its replicas did nothing, from the first arrival on, summed up.
  func idleTime(until end: SimTime) -> Double {
    guard let first = requests.first?.arrival else { return 0 }
    let busy = iterations.reduce(Int64(0)) { sum, iteration in
      zip(iteration.stageStarts, iteration.stageEnds).reduce(sum) { $0 + ($1.1 - $1.0).nanoseconds }
    }
    let stages = Set(lanes.map(\.replica)).count * model.stageCount
    return Double((end - first).nanoseconds * Int64(stages) - busy) * 1e-9
  }

  private func nextMoment(after now: SimTime) -> SimTime? {
    let frees = running.map { $0.stageEnds[0] }.filter { $0 > now }
    return (upcoming.prefix(1).map(\.arrival) + running.map(\.end) + moves.compactMap(\.end) + frees).min()
  }

  private func takeArrivals(at now: SimTime) {
    while let next = upcoming.first, next.arrival == now {
      upcoming.removeFirst()
      let replica = intake.replica(for: next)
      next.isTurnedAway = mustTurnAway(next)
      if !next.isTurnedAway {
        replica.waiting.append(next)
        touch(replica)
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

  private func touch(_ scheduler: ReferenceReplica) { lanes[scheduler.lane].isTouched = true }

  private func begin(_ lane: ReferenceLane, at now: SimTime) {
    let isTurn = !lane.schedulers.contains { $0.scheduler.isUnderWay }
    for scheduler in lane.schedulers {
      scheduler.isTurn = isTurn
      scheduler.now = now
      scheduler.decodes = []
      scheduler.pieces = []
      if scheduler.inFlight > 0 { scheduler.scheduler.plan(scheduler) }
      scheduler.forget()
      let doesSomething = !scheduler.decodes.isEmpty || !scheduler.pieces.isEmpty
      precondition(
        doesSomething || scheduler.inFlight == 0 || !moves.isEmpty || !isTurn && scheduler.prefilling.isEmpty,
        "an iteration does something unless blocks are held by who moves, or others are to end what they began")
    }
    let shares = lane.schedulers.map(\.share)
    guard shares.contains(where: { !$0.work.segments.isEmpty }) else { return }
    var times = [Seconds](repeating: .zero, count: model.stageCount)
    var cost = IterationCost()
    model.price(ranks: shares.map(\.work), stages: &times, into: &cost)
    var iteration = ReferenceIteration(
      lane: lane, start: now, stageStarts: [], stageEnds: [], shares: shares, cost: cost)
    for (stage, time) in times.enumerated() {
      let start = max(iteration.end, stageIsFree(stage, of: lane.replica))
      let nanoseconds = Int64((time.value * 1e9).rounded())
      iteration.stageStarts.append(start)
      iteration.stageEnds.append(SimTime(nanoseconds: start.nanoseconds + nanoseconds))
    }
    running.append(iteration)
    iterations.append(iteration)
  }

  private func account(_ iteration: ReferenceIteration) {
    iteration.lane.isTouched = true
    for scheduler in iteration.lane.schedulers { account(scheduler, iteration.end) }
  }

  private func account(_ replica: ReferenceReplica, _ end: SimTime) {
    for request in replica.decodes.sorted(by: { $0.number < $1.number }) {
      request.tokenTimes.append(end)
      if request.isFinished { leave(request, replica) }
    }
    for piece in replica.pieces {
      for layer in piece.layers { piece.request.passed[layer] += piece.tokens.count }
      replica.share(piece.request)
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
    replica.leaving.append(request)
    let receiver = decoders.replica(for: request)
    receiver.awaited.append(request)
    touch(receiver)
    moves.append((request, replica, receiver, nil))
  }

  /// Sets blocks aside for those that come to a replica, in their order, and gives them to their senders' links.
  private func giveBlocks(_ replica: ReferenceReplica, at now: SimTime) {
    while let next = replica.awaited.first, let link, replica.waiting.isEmpty,
      replica.runningCount + replica.arriving.count < replica.settings.maxRequests,
      let place = moves.firstIndex(where: { $0.request === next }), replica.setAside(for: next)
    {
      let seconds = link.latency.value + bytesPerToken * Double(next.promptTokens) / link.bandwidth.value
      let link = moves[place].sender.link
      link.isFree = max(now, link.isFree) + .seconds(seconds)
      var move = moves.remove(at: place)
      move.end = link.isFree
      moves.append(move)
    }
  }

  private func takeCaches(at now: SimTime) {
    for move in moves where move.end == now {
      move.sender.leaving.removeAll { $0 === move.request }
      move.sender.giveBack(move.request)
      move.receiver.take(move.request)
      move.request.cacheArrival = now
      touch(move.sender)
      touch(move.receiver)
    }
    moves.removeAll { $0.end == now }
  }
}
