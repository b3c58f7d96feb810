import Base
import HardwareModels
import Sim

/// Writes what happens in a simulation to a timeline as it happens: iterations and their parts as slices, counters, and
/// requests as asynchronous slices with flows through the iterations.
///
/// A class, because a simulation tells it what happens.
public final class TimelineRecorder: Recorder {
  /// It draws every iteration.
  public let detail = RecordDetail.iterations
  /// It draws what their time was spent on.
  public let wantsParts = true
  let file: TimelineFile
  let arrivals: TimelineTrack
  private let idlePower: Watts
  private let next: (any Recorder)?
  private var lanes: [Lane]

  /// The tracks of a replica.
  struct Lane {
    let iterations: TimelineTrack
    let layers: TimelineTrack
    /// The iteration that ended last.
    var last: IterationRecord?

    init(of policy: String, process: Int) {
      iterations = TimelineTrack(.iterations, of: policy, process: process)
      layers = TimelineTrack(.layers, of: policy, process: process)
    }
  }

  /// A recorder of one policy's run.
  /// - Parameters:
  ///   - idlePower: what all GPUs of the replica draw together while they wait.
  ///   - next: another recorder that hears the same, as far as it wants to.
  public init(
    of policy: String, into file: TimelineFile, idlePower: Watts, passingOnTo next: (any Recorder)? = nil
  ) throws {
    self.file = file
    self.idlePower = idlePower
    self.next = next
    let process = try file.begin(policy)
    arrivals = TimelineTrack(.arrivals, of: policy, process: process)
    lanes = [Lane(of: policy, process: process)]
  }

  /// The tracks of a replica: the first one's are the policy's, each other one is a process of its own.
  func lane(_ replica: ReplicaID) throws -> Lane {
    while lanes.count <= replica.number {
      let process = try file.begin("\(arrivals.policy), replica \(lanes.count)")
      lanes.append(Lane(of: arrivals.policy, process: process))
    }
    return lanes[replica.number]
  }

  /// A request left the server.
  public func record(_ request: RequestRecord) throws {
    try draw(request)
    try next?.hear(request)
  }

  /// An iteration ended.
  public func record(_ iteration: IterationRecord) throws {
    let lane = try lane(iteration.replica)
    if let last = lane.last, last.end < iteration.start { try drawIdle(after: last) }
    try draw(iteration, on: lane.iterations)
    try drawParts(of: iteration, on: lane.layers)
    try count(iteration, on: lane.iterations)
    lanes[iteration.replica.number].last = iteration
    try next?.hear(iteration)
  }

  /// The simulation is over: the counters fall.
  public func finish() throws {
    for last in lanes.compactMap(\.last) { try drawIdle(after: last) }
  }

  /// Nothing is in flight between iterations that do not follow one another.
  private func drawIdle(after iteration: IterationRecord) throws {
    var idle = iteration
    idle.start = iteration.end
    (idle.decodes, idle.prefillRequests, idle.waiting, idle.usedBlocks) = (0, 0, 0, 0)
    idle.cost = IterationCost()
    idle.cost.duration = Seconds(1)
    idle.cost.energy = iteration.cost.energy.isMetered ? Energy() : .unmetered
    idle.cost.energy[.idle] += idlePower * idle.cost.duration
    try count(idle, on: lane(iteration.replica).iterations)
  }
}
