import Base
import HardwareModels
import Traces

/// A server's schedulers, the lanes and stages in which they work, and the clock that drives them. One simulation is one
/// thread; parallelism lives between simulations.
public struct Simulation {
  /// Those of a lane, a replica and a pool follow each other.
  var ranks: [Rank] = []
  var lanes: [Lane] = []
  /// Of each replica.
  var stages: [Stages] = []
  var events = EventQueue()
  var ledger: Ledger
  /// Those that are on their way from one rank to another; nil where none moves.
  var movers: Movers?
  private var intake: RoutedPool
  var costModel: any CostModel
  var executor: (any PlanExecutor)?
  /// What each stage takes for the iteration that begins.
  var stageTimes: [Seconds]
  private var source: any RequestSource
  private var upcoming: TraceRequest?
  /// Lanes to which something happened in this instant.
  private var woken: [Int] = []
  /// What can never be served is refused where it arrives.
  let pools: [ReplicaPool]
  /// Whether iterations keep what their time was spent on.
  let tracksParts: Bool

  /// A simulation of requests served by a server.
  /// - Parameter executor: what really carries the plans out, so that its time counts and not the model's; nil to
  ///   simulate. Waiting costs what the model says. It has one scheduler: no lanes or ranks, and no stages.
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
      from: 0, count: server.pool.schedulerCount,
      router: server.router.init(random: SeededRandom(seed: server.seed, stream: "router")))
    movers = server.handover.map { Movers($0, from: server) }
    stageTimes = [Seconds](repeating: .zero, count: costModel.stageCount)
    tracksParts = recorder?.wantsParts ?? false
    for pool in pools {
      for _ in 0..<pool.replicaCount { addReplica(of: pool, window: server.attentionWindow) }
    }
    let isPlain = stageTimes.count == 1 && lanes.allSatisfy(\.isPlain)
    precondition(executor == nil || isPlain, "what carries plans out has one scheduler")
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
      case .stageIsFree(let replica):
        if let lane = stages[replica].queue.first { wake(lane: lane) }
      }
      if !woken.isEmpty, !events.goesOn(at: now) { try answer(at: now) }
    }
    if ledger.summary.lastFinish < ledger.summary.firstArrival {
      ledger.summary.lastFinish = ledger.summary.firstArrival
    }
    for replica in stages { account(idle: replica.idle(until: ledger.summary.lastFinish)) }
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
      for replica in stages.indices { stages[replica].open(at: now) }
    }
    ledger.summary.requestsArrived += 1
    try fetchArrival()
    ledger.requestsInFlight += 1
    let rank = intake.rank(for: request)
    request.replica = ranks[rank].id
    if let refusal = refusal(of: request) {
      try ledger.note(request.record(refusal))
    } else {
      ranks[rank].receive(request)
      wake(rank)
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

  private mutating func end(_ lane: Int, at now: SimTime) throws {
    precondition(lanes[lane].isRunning, "an iteration ends only after it has begun")
    lanes[lane].isRunning = false
    for rank in lanes[lane].ranks {
      try ranks[rank].endIteration(at: now, ledger: &ledger)
      for place in ranks[rank].prefilled.indices {
        let slot = ranks[rank].prefilled[place]
        if rank < movers?.pool.first ?? 0 { handOver(slot, from: rank, at: now) } else { ranks[rank].decode(slot) }
      }
    }
    try ledger.note(lanes[lane].iteration)
    // What mostly happens needs no list.
    if woken.isEmpty, !events.goesOn(at: now) { return try goOn(lane, at: now) }
    for rank in lanes[lane].ranks { wake(rank) }
  }

  /// Remembers that something happened to a rank: when nothing more happens in this instant, its lane answers.
  mutating func wake(_ rank: Int) {
    noteLoad(of: rank)
    wake(lane: ranks[rank].lane)
  }

  private mutating func wake(lane: Int) {
    guard !lanes[lane].isWoken else { return }
    lanes[lane].isWoken = true
    woken.append(lane)
  }

  mutating func noteLoad(of rank: Int) {
    guard ranks.count > 1 else { return }
    if let first = movers?.pool.first, rank >= first {
      movers?.pool.note(ranks[rank].load, of: rank)
    } else {
      intake.note(ranks[rank].load, of: rank)
    }
  }

  /// All has happened that happens in an instant: the lanes that it concerns go on, in the order of their numbers.
  private mutating func answer(at now: SimTime) throws {
    if woken.count > 1 { woken.sort() }
    for place in woken.indices {
      let lane = woken[place]
      lanes[lane].isWoken = false
      try goOn(lane, at: now)
    }
    woken.removeAll(keepingCapacity: true)
  }

  /// Counts what a replica draws while its stages wait: each has an equal part of the replica's GPUs.
  mutating func account(idle: SimDuration) {
    guard idle > .zero else { return }
    ledger.summary.idleEnergy += costModel.idlePower * Seconds(idle.seconds) / Double(stageTimes.count)
  }
}
