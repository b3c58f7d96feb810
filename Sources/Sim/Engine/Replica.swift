import Base
import HardwareModels
import Traces

/// One copy of the model on its GPUs: its requests, its KV cache, its policy, and the iteration that runs.
struct Replica {
  let window: Int?
  /// Whether requests keep the iterations at whose ends their tokens came out.
  let tracksEmissions: Bool
  private(set) var policy: any SchedulingPolicy
  var requests = RequestTable()
  /// What its policy sees of it.
  var view: ReplicaView
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
    self.window = window
    self.tracksEmissions = tracksEmissions
    self.policy = policy
    view = ReplicaView(limits: limits, window: window)
  }

  /// Requests that wait, prefill or decode.
  var requestsInFlight: Int { view.waiting.count + view.prefilling.count + view.decodes.count }

  /// Lets a request wait, or says why it can never be served.
  mutating func receive(_ request: ActiveRequest) -> RequestRecord.Outcome? {
    if let refusal = refusal(of: request) { return refusal }
    let slot = requests.insert(request)
    view.prefixes?.enroll(slot, ids: request.prefixIDs, promptTokens: request.promptTokens)
    view.waiting.append(WaitingRequest(id: request.id, tokens: request.length, slot: slot))
    return nil
  }

  private func refusal(of request: ActiveRequest) -> RequestRecord.Outcome? {
    let (length, overflow) = request.promptTokens.addingReportingOverflow(request.outputTokens)
    if overflow || length > view.limits.maxModelLen { return .rejectedTooLong }
    // The last token's keys and values are never written.
    return view.budget.blocks(for: length - 1) > view.limits.blockCount ? .rejectedNoMemory : nil
  }

  /// Asks the policy for the next batch.
  mutating func nextPlan(at now: SimTime) -> BatchPlan {
    view.now = now
    return policy.nextBatch(view)
  }

  func error(_ problem: String) -> PlanError {
    PlanError(policy: type(of: policy).name, iteration: iterationCount, problem: problem)
  }
}
