import Base
import DequeModule
import HardwareModels
import Traces

/// One copy of the model on its GPUs: its requests, its KV cache, its policy, and the iteration that runs.
struct Replica {
  let limits: ReplicaLimits
  let window: Int?
  /// Whether requests keep the iterations at whose ends their tokens came out.
  let tracksEmissions: Bool
  private(set) var policy: any SchedulingPolicy
  var requests = RequestTable()
  var waiting = Deque<WaitingRequest>()
  var prefilling: [PrefillingRequest] = []
  var pool: DecodePool
  var budget: KVBudget
  var iterationCount = 0
  /// The iteration that runs, or ran last.
  var iteration = IterationRecord()
  /// Its prefill work.
  var tiles: [Tile] = []
  var isRunning = false
  /// Where the last iteration ended.
  var idleSince = SimTime.zero
  var work = IterationWork()
  var finished: [Int] = []

  init(limits: ReplicaLimits, window: Int?, policy: any SchedulingPolicy, tracksEmissions: Bool) {
    self.limits = limits
    self.window = window
    self.tracksEmissions = tracksEmissions
    self.policy = policy
    pool = DecodePool(tokensPerBlock: limits.tokensPerBlock, window: window)
    budget = KVBudget(blockCount: limits.blockCount, tokensPerBlock: limits.tokensPerBlock)
  }

  /// Requests that wait, prefill or decode.
  var requestsInFlight: Int { waiting.count + prefilling.count + pool.count }

  /// Why a request can never be served; nil if it can.
  func refusal(of request: TraceRequest) -> RequestRecord.Outcome? {
    let (length, overflow) = request.promptTokens.addingReportingOverflow(request.outputTokens)
    if overflow || length > limits.maxModelLen { return .rejectedTooLong }
    return budget.blocks(for: length) > limits.blockCount ? .rejectedNoMemory : nil
  }

  /// Lets a request wait.
  mutating func enqueue(_ request: ActiveRequest) {
    let slot = requests.insert(request)
    waiting.append(WaitingRequest(id: request.id, tokens: request.length, slot: slot))
  }

  /// Asks the policy for the next batch.
  mutating func nextPlan(at now: SimTime) -> BatchPlan { policy.nextBatch(view(at: now)) }

  private func view(at now: SimTime) -> ReplicaView {
    ReplicaView(
      now: now, limits: limits, budget: budget,
      decodes: DecodingRequests(
        count: pool.count, runningCount: pool.runningCount, runningNeedingBlock: pool.needingBlock,
        roster: pool.roster, advances: pool.advances, budget: budget),
      prefilling: prefilling, waiting: waiting)
  }

  func error(_ problem: String) -> PlanError {
    PlanError(policy: type(of: policy).name, iteration: iterationCount, problem: problem)
  }
}
