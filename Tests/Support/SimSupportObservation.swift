import Base
import HardwareModels
import Sim
import Traces

/// Keeps every record of a simulation in order.
public final class LogRecorder: Recorder {
  /// A record.
  public enum Entry: Hashable, Sendable {
    /// A request left.
    case request(RequestRecord)
    /// An iteration ended.
    case iteration(IterationRecord)
  }

  /// Everything.
  public let detail = RecordDetail.iterations
  /// The records in the order in which they came.
  public private(set) var entries: [Entry] = []

  /// Nothing recorded yet.
  public init() {}

  /// Keeps it.
  public func record(_ request: RequestRecord) { entries.append(.request(request)) }
  /// Keeps it.
  public func record(_ iteration: IterationRecord) { entries.append(.iteration(iteration)) }
}

/// Everything that can be seen of a simulation from outside.
public struct Observation: Sendable {
  /// Its records in order.
  public var entries: [LogRecorder.Entry]
  /// What the policy saw and planned, one an iteration and rank that had requests.
  public var plans: [Planned]
  /// What the cost model priced, one a plan that was not empty.
  public var works: [IterationWork]
  /// What each stage took, one list an iteration.
  public var stageTimes: [[Seconds]]
  /// The simulation in numbers.
  public var summary: RunSummary

  /// What became of each request, in the order of arrival.
  public var requests: [RequestRecord] {
    let found = entries.compactMap { if case .request(let record) = $0 { record } else { nil } }
    return found.sorted { $0.id < $1.id }
  }

  /// The iterations in order.
  public var iterations: [IterationRecord] {
    entries.compactMap { if case .iteration(let record) = $0 { record } else { nil } }
  }

  /// What a replica planned for an iteration and what came of it; of a lane, all its ranks that had something to do.
  public struct Begun: Sendable {
    /// What the policies saw and planned.
    public var planned: [Planned]
    /// What the cost model priced.
    public var works: [IterationWork]
    /// What each stage took.
    public var stageTimes: [Seconds]
    /// The iteration.
    public var iteration: IterationRecord
  }

  /// The iterations of all replicas in the order in which they began. Plans to do nothing, which there are while keys and
  /// values move, have none.
  public var begun: [Begun] {
    var left = iterationsByReplica.map { $0[...] }
    var (works, times) = (works[...], stageTimes[...])
    return plansByLaneAndTime.compactMap { plans in
      let planned = plans.filter { !$0.isIdle }
      guard let first = planned.first, let next = left[first.replica.number].popFirst(), let stages = times.popFirst()
      else { return nil }
      defer { works.removeFirst(planned.count) }
      return Begun(
        planned: planned, works: Array(works.prefix(planned.count)), stageTimes: stages, iteration: next)
    }
  }

  /// What the ranks of a lane saw and planned together, in order.
  public var plansByLaneAndTime: [[Planned]] {
    plans.reduce(into: []) { together, next in
      if let last = together.last?.last, (last.replica, last.now) == (next.replica, next.now), last.rank < next.rank {
        together[together.count - 1].append(next)
      } else {
        together.append([next])
      }
    }
  }

  /// The iterations of each replica in order, up to the last replica that had any.
  public var iterationsByReplica: [[IterationRecord]] {
    let last = iterations.map(\.replica.number).max() ?? 0
    return (0...last).map { number in iterations.filter { $0.replica.number == number } }
  }

  /// When the tokens of each request came out, from the iterations that it names.
  public var tokenTimes: [[SimTime]] {
    let ends = iterationsByReplica.map { $0.map(\.end) }
    return requests.map { $0.emissions.flatMap { ends[$0.replica.number][$0.iterations] } }
  }
}

/// Simulates a trace and watches all of it.
public func observe(
  _ trace: [TraceRequest], on server: Simulation.Server = tinyServer(), policy: (any SchedulingPolicy)? = nil,
  cost: UnitCostModel = UnitCostModel()
) throws -> Observation {
  let recorder = LogRecorder()
  let plans = PlanLog()
  let works = SpyCostModel.Log()
  var server = server.under(SpyPolicy(watching: policy ?? server.pool.policy, log: plans))
  if let handover = server.handover {
    server.handover?.pool.policy = SpyPolicy(watching: handover.pool.policy, log: plans)
  }
  var simulation = Simulation(
    of: ScriptedSource(trace), on: server,
    costModel: SpyCostModel(watching: cost, log: works), recorder: recorder)
  let summary = try simulation.run()
  return Observation(
    entries: recorder.entries, plans: plans.planned, works: works.works, stageTimes: works.stageTimes,
    summary: summary)
}
