import Base
import Sim
import Synchronization

/// What a policy saw and planned for one iteration, of a replica or of a rank of its lane.
public struct Planned: Hashable, Sendable {
  /// The replica, or its lane.
  public var replica: ReplicaID
  /// The rank of the lane.
  public var rank: Int
  /// When it was asked.
  public var now: SimTime
  /// Requests that waited, the next one first.
  public var waiting: [RequestID]
  /// Tokens that each of them would have found cached.
  public var cached: [Int]
  /// Requests whose prefill had begun, in the order of admission.
  public var prefilling: [RequestID]
  /// Requests that decoded, the oldest first.
  public var decoding: [RequestID]
  /// KV blocks that nobody held.
  public var freeBlocks: Int
  /// What it planned.
  public var plan: BatchPlan

  init(_ view: ReplicaView, _ plan: BatchPlan) {
    replica = view.replica
    rank = view.rank
    now = view.now
    waiting = view.waiting.map(\.id)
    cached = view.waiting.map { view.tokensLeft(of: $0).lowerBound }
    prefilling = view.prefilling.map(\.id)
    decoding = view.decodes.newestFirst.map(\.id).reversed()
    freeBlocks = view.budget.freeBlocks
    self.plan = plan
  }

  /// Whether nobody decodes or prefills.
  public var isIdle: Bool { plan.tiles.isEmpty && decoded.isEmpty }

  /// Requests that decode a token in this iteration, the oldest first.
  public var decoded: [RequestID] {
    let left = decoding.filter { !plan.preemptions.contains($0) }
    switch plan.decodes {
    case .all: return left
    case .oldest(let count): return Array(left.prefix(count))
    }
  }
}

/// The plans of a simulation in order. A class, because the simulation keeps its own copies of the policy.
public final class PlanLog: Sendable {
  private let plans = Mutex<[Planned]>([])

  /// Nothing planned yet.
  public init() {}

  /// What was planned so far.
  public var planned: [Planned] { plans.withLock { $0 } }

  fileprivate func note(_ entry: Planned) { plans.withLock { $0.append(entry) } }
}

/// Notes what a policy sees and plans.
public struct SpyPolicy: SchedulingPolicy {
  /// `spy`.
  public static let name = "spy"
  /// What it does.
  public static let summary = "watches another policy"

  private var policy: any SchedulingPolicy
  private let log: PlanLog

  /// Watches a policy.
  public init(watching policy: any SchedulingPolicy, log: PlanLog) {
    self.policy = policy
    self.log = log
  }

  /// There is no spy without somebody to watch.
  public init(reading settings: ConfigNode, layerCount: Int) throws { throw settings.error("a spy has no settings") }

  /// Nobody asks: a test gives its server as many KV blocks as it likes.
  public func mostBatchedTokens(maxRequests: Int, maxModelLen: Int) -> Int { maxModelLen + maxRequests }

  /// What the watched policy plans.
  public mutating func nextBatch(_ view: ReplicaView) -> BatchPlan {
    let plan = policy.nextBatch(view)
    log.note(Planned(view, plan))
    return plan
  }
}

/// Plans what a test has written down, and nothing after that.
public struct ScriptedPolicy: SchedulingPolicy {
  /// `scripted`.
  public static let name = "scripted"
  /// What it does.
  public static let summary = "plans what a test has written down"

  private var rest: ArraySlice<BatchPlan>

  /// The plans, one an iteration.
  public init(_ plans: [BatchPlan]) { rest = plans[...] }

  /// There is no script in a configuration file.
  public init(reading settings: ConfigNode, layerCount: Int) throws { throw settings.error("a script has no settings") }

  /// Nobody asks: a test gives its server as many KV blocks as it likes.
  public func mostBatchedTokens(maxRequests: Int, maxModelLen: Int) -> Int { maxModelLen + maxRequests }

  /// The next plan of the script.
  public mutating func nextBatch(_ view: ReplicaView) -> BatchPlan { rest.popFirst() ?? BatchPlan() }
}

extension BatchPlan {
  /// A plan in one line.
  public static func of(
    preempt: [Int] = [], admit: [Int] = [], decodes: DecodeSelection = .all, tiles: [Tile] = []
  ) -> BatchPlan {
    var plan = BatchPlan()
    plan.preemptions = preempt.map { RequestID($0) }
    plan.admissions = admit.map { RequestID($0) }
    plan.decodes = decodes
    plan.tiles = tiles
    return plan
  }
}
