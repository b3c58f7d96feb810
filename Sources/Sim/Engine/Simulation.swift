import Base
import HardwareModels
import Traces

/// A server's replicas, and the clock that drives them. One simulation is one thread; parallelism lives between
/// simulations.
public struct Simulation {
  var replicas: [Replica]
  var events = EventQueue()
  var ledger: Ledger
  /// Those that are on their way from one replica to another; nil where none moves.
  var movers: Movers?
  private var intake: RoutedPool
  private var costModel: any CostModel
  private var executor: (any PlanExecutor)?
  private var source: any RequestSource
  private var upcoming: TraceRequest?
  /// Replicas to which something happened in this instant.
  private var woken: [Int] = []
  /// What can never be served is refused where it arrives.
  private let pools: [ReplicaPool]

  /// A simulation of requests served by a server.
  /// - Parameter executor: what really carries the plans out, so that its time counts and not the model's; nil to
  ///   simulate. Waiting costs what the model says.
  public init(
    of source: any RequestSource, on server: Server, costModel: any CostModel,
    executor: (any PlanExecutor)? = nil, recorder: (any Recorder)? = nil
  ) {
    self.source = source
    self.costModel = costModel
    self.executor = executor
    pools = server.pools
    ledger = Ledger(serviceLevel: server.serviceLevel, recorder: recorder)
    ledger.summary.gpuCount = server.gpuCount * server.replicaCount
    intake = RoutedPool(
      from: 0, count: server.pool.replicaCount,
      router: server.router.init(random: SeededRandom(seed: server.seed, stream: "router")))
    movers = server.handover.map { Movers($0, from: server) }
    replicas = []
    for pool in pools {
      for _ in 0..<pool.replicaCount {
        let id = ReplicaID(replicas.count)
        replicas.append(
          Replica(
            id, of: pool, window: server.attentionWindow, tracksEmissions: ledger.detail == .iterations,
            tracksParts: recorder?.wantsParts ?? false))
      }
    }
  }

  /// Runs until every request of the source has left the server.
  /// - Parameter onProgress: told now and then what has happened so far; by throwing it ends the simulation.
  /// - Throws: ``InputError`` where the trace or the hardware's figures are wrong, ``PlanError`` where the policy is,
  ///   whatever the executor and the recorder throw.
  public mutating func run(onProgress: ((RunSummary) throws -> Void)? = nil) throws -> RunSummary {
    try fetchArrival()
    while let (now, event) = events.next() {
      switch event {
      case .requestArrives:
        try receive(at: now)
        if let onProgress, ledger.summary.requestsArrived % 1024 == 0 { try onProgress(ledger.summary) }
      case .cacheArrives(let move): arrive(move, at: now)
      case .iterationEnds(let id):
        try end(id.number, at: now)
        if let onProgress, ledger.summary.iterations % 16384 == 0 { try onProgress(ledger.summary) }
      }
      if !woken.isEmpty, !events.goesOn(at: now) { try answer(at: now) }
    }
    if ledger.summary.lastFinish < ledger.summary.firstArrival {
      ledger.summary.lastFinish = ledger.summary.firstArrival
    }
    for index in replicas.indices { account(idleOf: index, until: ledger.summary.lastFinish) }
    return ledger.summary
  }

  private mutating func fetchArrival() throws {
    upcoming = try source.next()
    if let upcoming { events.schedule(.requestArrives, at: upcoming.arrival) }
  }

  private mutating func receive(at now: SimTime) throws {
    guard let arrived = upcoming else { preconditionFailure("a request arrives that was not announced") }
    var request = ActiveRequest(RequestID(ledger.summary.requestsArrived), arrived)
    if ledger.summary.requestsArrived == 0 {
      ledger.summary.firstArrival = now
      for index in replicas.indices { replicas[index].idleSince = now }
    }
    ledger.summary.requestsArrived += 1
    try fetchArrival()
    ledger.requestsInFlight += 1
    let replica = intake.replica(for: request)
    request.replica = ReplicaID(replica)
    if let refusal = refusal(of: request) {
      try ledger.note(request.record(refusal))
    } else {
      replicas[replica].receive(request)
      wake(replica)
    }
    ledger.summary.inFlightAtArrivals += ledger.requestsInFlight
  }

  /// Why a request can never be served; nil if it can.
  private func refusal(of request: ActiveRequest) -> RequestRecord.Outcome? {
    let (length, overflow) = request.promptTokens.addingReportingOverflow(request.outputTokens)
    if overflow || length > pools[0].limits.maxModelLen { return .rejectedTooLong }
    // The last token's keys and values are never written, and who has one token only does not move.
    let decodes = request.outputTokens > 1 ? pools.last : nil
    let prefills = pools.count > 1 ? request.promptTokens : length - 1
    let fits = pools[0].limits.canHold(prefills) && decodes?.limits.canHold(length - 1) ?? true
    return fits ? nil : .rejectedNoMemory
  }

  private mutating func end(_ replica: Int, at now: SimTime) throws {
    try replicas[replica].endIteration(at: now, ledger: &ledger)
    for place in replicas[replica].prefilled.indices {
      let slot = replicas[replica].prefilled[place]
      if replica < movers?.pool.first ?? 0 {
        handOver(slot, from: replica, at: now)
      } else {
        replicas[replica].decode(slot)
      }
    }
    // What mostly happens needs no list.
    if woken.isEmpty, !events.goesOn(at: now) { try goOn(replica, at: now) } else { wake(replica) }
  }

  /// Remembers that something happened to a replica: when nothing more happens in this instant, it answers.
  mutating func wake(_ replica: Int) {
    noteLoad(of: replica)
    guard !replicas[replica].isWoken else { return }
    replicas[replica].isWoken = true
    woken.append(replica)
  }

  private mutating func noteLoad(of replica: Int) {
    guard replicas.count > 1 else { return }
    if let first = movers?.pool.first, replica >= first {
      movers?.pool.note(replicas[replica].load, of: replica)
    } else {
      intake.note(replicas[replica].load, of: replica)
    }
  }

  /// All has happened that happens in an instant: the replicas that it concerns go on, in the order of their numbers.
  private mutating func answer(at now: SimTime) throws {
    if woken.count > 1 { woken.sort() }
    for place in woken.indices {
      let replica = woken[place]
      replicas[replica].isWoken = false
      try goOn(replica, at: now)
    }
    woken.removeAll(keepingCapacity: true)
  }

  /// Lets a replica begin its next iteration, if it is free, and after that give blocks to those who come to it.
  private mutating func goOn(_ replica: Int, at now: SimTime) throws {
    if let end = try replicas[replica].beginIteration(at: now, cost: &costModel, executor: &executor) {
      account(idleOf: replica, until: now)
      events.schedule(.iterationEnds(ReplicaID(replica)), at: end)
    }
    guard replicas.count > 1 else { return }
    if pools.count > 1 { try startMoves(to: replica, at: now) }
    noteLoad(of: replica)
  }

  private mutating func account(idleOf replica: Int, until now: SimTime) {
    let idle = now - replicas[replica].idleSince
    if idle > .zero { ledger.summary.idleEnergy += costModel.idlePower * Seconds(idle.seconds) }
  }
}
