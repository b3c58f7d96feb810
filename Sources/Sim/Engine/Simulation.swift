import Base
import HardwareModels
import Traces

/// A server of one or more replicas, and the clock that drives it.
///
/// Arrivals take turns over the replicas. One simulation is one thread; parallelism lives between simulations.
public struct Simulation {
  /// What a server is made of.
  public struct Server: Sendable {
    /// Settings that its policies respect.
    public var limits: ReplicaLimits
    /// The attention window of the model's windowed layers, in tokens; nil if it has none.
    public var attentionWindow: Int?
    /// GPUs of one replica.
    public var gpuCount: Int
    /// Copies of the model.
    public var replicaCount: Int
    /// What counts as served well.
    public var serviceLevel: ServiceLevel

    /// A server.
    public init(
      limits: ReplicaLimits, attentionWindow: Int?, gpuCount: Int, replicaCount: Int = 1, serviceLevel: ServiceLevel
    ) {
      precondition(replicaCount > 0 && gpuCount > 0, "a server has replicas and these have GPUs")
      self.limits = limits
      self.attentionWindow = attentionWindow
      self.gpuCount = gpuCount
      self.replicaCount = replicaCount
      self.serviceLevel = serviceLevel
    }
  }

  private var replicas: [Replica]
  private var costModel: any CostModel
  private var executor: (any PlanExecutor)?
  private var source: any RequestSource
  private var upcoming: TraceRequest?
  private var events = EventQueue()
  private var ledger: Ledger

  /// A simulation of requests served under a policy, each replica with its own copy of it.
  /// - Parameter executor: what really carries the plans out, so that its time counts and not the model's; nil to
  ///   simulate. Waiting costs what the model says.
  public init(
    of source: any RequestSource, on server: Server, policy: any SchedulingPolicy, costModel: any CostModel,
    executor: (any PlanExecutor)? = nil, recorder: (any Recorder)? = nil
  ) {
    self.source = source
    self.costModel = costModel
    self.executor = executor
    ledger = Ledger(serviceLevel: server.serviceLevel, recorder: recorder)
    ledger.summary.gpuCount = server.gpuCount * server.replicaCount
    let replica = Replica(
      limits: server.limits, window: server.attentionWindow, policy: policy,
      tracksEmissions: ledger.detail == .iterations, tracksParts: recorder?.wantsParts ?? false)
    replicas = [Replica](repeating: replica, count: server.replicaCount)
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
      case .iterationEnds(let id):
        try replicas[id.number].endIteration(at: now, ledger: &ledger)
        if let onProgress, ledger.summary.iterations % 16384 == 0 { try onProgress(ledger.summary) }
        try begin(id, at: now)
      }
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
    let id = ReplicaID(ledger.summary.requestsArrived % replicas.count)
    let request = ActiveRequest(RequestID(ledger.summary.requestsArrived), arrived)
    if ledger.summary.requestsArrived == 0 {
      ledger.summary.firstArrival = now
      for index in replicas.indices { replicas[index].idleSince = now }
    }
    ledger.summary.requestsArrived += 1
    try fetchArrival()
    ledger.requestsInFlight += 1
    if let refusal = replicas[id.number].receive(request) { try ledger.note(request.record(refusal)) }
    ledger.summary.inFlightAtArrivals += ledger.requestsInFlight
    let moreArriveNow = upcoming?.arrival == now
    if !moreArriveNow {
      for index in replicas.indices where !replicas[index].isRunning { try begin(ReplicaID(index), at: now) }
    }
  }

  private mutating func begin(_ id: ReplicaID, at now: SimTime) throws {
    guard let end = try replicas[id.number].beginIteration(at: now, cost: &costModel, executor: &executor) else {
      return
    }
    account(idleOf: id.number, until: now)
    events.schedule(.iterationEnds(id), at: end)
  }

  private mutating func account(idleOf replica: Int, until now: SimTime) {
    let idle = now - replicas[replica].idleSince
    if idle > .zero { ledger.summary.idleEnergy += costModel.idlePower * Seconds(idle.seconds) }
  }
}
