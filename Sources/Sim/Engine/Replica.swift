import Base
import DequeModule
import HardwareModels
import Traces

/// One copy of the model on its GPUs: its requests, its KV cache, its policy, and the iteration that runs.
struct Replica {
  let window: Int?
  /// Whether requests keep the iterations at whose ends their tokens came out.
  let tracksEmissions: Bool
  /// Whether iterations keep what their time was spent on.
  let tracksParts: Bool
  private(set) var policy: any SchedulingPolicy
  var requests = SlotTable<ActiveRequest>()
  /// What its policy sees of it.
  var view: ReplicaView
  var iterationCount = 0
  /// The iteration that runs, or ran last.
  var iteration = IterationRecord()
  /// Its prefill work.
  var tiles: [Tile] = []
  var isRunning = false
  /// Whether something happened to it that it has not answered yet.
  var isWoken = false
  /// Where the last iteration ended.
  var idleSince = SimTime.zero
  var work = IterationWork()
  var finished: [Int] = []
  /// Whose prompts were done in the iteration that ended last, and who have more tokens to come.
  var prefilled: [Int] = []
  /// Tokens of waiting and prefilling requests that have not passed every layer.
  var pendingTokens = 0
  /// Requests that shall decode here and whose keys and values have no blocks yet, in the order of their coming.
  var awaited = Deque<Int>()
  /// Requests whose keys and values are on their way to blocks here.
  var arrivingCount = 0
  /// Requests whose keys and values are on their way, or are to go, from blocks here.
  var leavingCount = 0

  init(_ id: ReplicaID, of pool: ReplicaPool, window: Int?, tracksEmissions: Bool, tracksParts: Bool) {
    self.window = window
    self.tracksEmissions = tracksEmissions
    self.tracksParts = tracksParts
    policy = pool.policy
    view = ReplicaView(id, limits: pool.limits, window: window)
    iteration.replica = id
  }

  var id: ReplicaID { view.replica }

  /// Requests that wait, prefill or decode.
  var requestsInFlight: Int { view.waiting.count + view.prefilling.count + view.decodes.count }

  /// What a router may know of it.
  var load: ReplicaLoad {
    let decoding = view.decodes.count + awaited.count + arrivingCount
    return ReplicaLoad(
      requestsInFlight: view.waiting.count + view.prefilling.count + decoding,
      outstandingTokens: pendingTokens + decoding)
  }

  /// Lets a request wait.
  mutating func receive(_ request: ActiveRequest) {
    pendingTokens += request.length
    let slot = requests.insert(request)
    view.waiting.append(WaitingRequest(id: request.id, tokens: request.length, slot: slot))
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
