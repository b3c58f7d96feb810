import Base
import DequeModule
import HardwareModels
import Traces

/// One scheduler of a lane: its requests, its part of the KV cache, its policy, and its share of the iteration that runs.
struct Rank {
  /// The number of its lane.
  let lane: Int
  /// The number of the link on which its caches leave: lanes share the GPUs of a rank.
  let link: Int
  let window: Int?
  /// Whether requests keep the iterations at whose ends their tokens came out.
  let tracksEmissions: Bool
  private(set) var policy: any SchedulingPolicy
  var requests = SlotTable<ActiveRequest>()
  /// What its policy sees of it.
  var view: ReplicaView
  /// The number of its lane's iteration that it planned last, whether it had work in it or not.
  var iteration = 0
  /// What it does in the iteration that runs, and the same counted.
  var plan = BatchPlan()
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

  init(_ number: Int, of lane: Lane, link: Int, in pool: ReplicaPool, window: Int?, tracksEmissions: Bool) {
    self.lane = lane.id.number
    self.link = link
    self.window = window
    self.tracksEmissions = tracksEmissions
    policy = pool.policy
    view = ReplicaView(lane.id, rank: number - lane.ranks.lowerBound, limits: pool.limits, window: window)
  }

  /// What records call its lane.
  var id: ReplicaID { view.replica }

  /// Requests that wait, prefill or decode.
  var requestsInFlight: Int { view.waiting.count + view.prefilling.count + view.decodes.count }

  /// What a router may know of it. Mutating in name only: so a rank in an array is read in place, while other getters are
  /// given a copy of it.
  var load: ReplicaLoad {
    mutating get {
      let decoding = view.decodes.count + awaited.count + arrivingCount
      return ReplicaLoad(
        requestsInFlight: view.waiting.count + view.prefilling.count + decoding,
        outstandingTokens: pendingTokens + decoding)
    }
  }

  /// Takes a request in and returns its slot.
  mutating func enroll(_ request: ActiveRequest) -> Int {
    let slot = requests.insert(request)
    view.prefixes?.enroll(slot, ids: request.prefixIDs, promptTokens: request.promptTokens)
    return slot
  }

  /// Lets a request wait.
  mutating func receive(_ request: ActiveRequest) {
    pendingTokens += request.length
    let slot = enroll(request)
    view.waiting.append(WaitingRequest(id: request.id, tokens: request.length, slot: slot))
  }

  /// Asks the policy for the next batch.
  mutating func nextPlan(at now: SimTime) -> BatchPlan {
    view.now = now
    return policy.nextBatch(view)
  }

  func error(_ problem: String) -> PlanError {
    PlanError(policy: type(of: policy).name, iteration: iteration, problem: problem)
  }
}
