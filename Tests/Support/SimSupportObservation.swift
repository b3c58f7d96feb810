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
public struct Observation {
  /// Its records in order.
  public var entries: [LogRecorder.Entry]
  /// What the policy saw and planned, one an iteration.
  public var plans: [Planned]
  /// What the cost model priced, one an iteration.
  public var works: [IterationWork]
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

  /// When a request's tokens came out, from the iterations that it names.
  public func tokenTimes(of request: RequestRecord) -> [SimTime] {
    let ends = iterations.map(\.end)
    return request.emissions.flatMap { ends[$0] }
  }
}

/// Simulates a trace and watches all of it.
public func observe(
  _ trace: [TraceRequest], on server: Simulation.Server = tinyServer(), policy: any SchedulingPolicy,
  cost: UnitCostModel = UnitCostModel()
) throws -> Observation {
  let recorder = LogRecorder()
  let plans = PlanLog()
  let works = SpyCostModel.Log()
  var simulation = Simulation(
    of: ScriptedSource(trace), on: server, policy: SpyPolicy(watching: policy, log: plans),
    costModel: SpyCostModel(watching: cost, log: works), recorder: recorder)
  let summary = try simulation.run()
  return Observation(entries: recorder.entries, plans: plans.planned, works: works.works, summary: summary)
}
