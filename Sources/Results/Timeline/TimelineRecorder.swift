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
  let iterations: TimelineTrack
  let layers: TimelineTrack
  private let idlePower: Watts
  private let next: (any Recorder)?
  private var last: IterationRecord?

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
    iterations = TimelineTrack(.iterations, of: policy, process: process)
    layers = TimelineTrack(.layers, of: policy, process: process)
  }

  /// A request left the server.
  public func record(_ request: RequestRecord) throws {
    try draw(request)
    try next?.hear(request)
  }

  /// An iteration ended.
  public func record(_ iteration: IterationRecord) throws {
    if let last, last.end < iteration.start { try drawIdle(after: last) }
    try draw(iteration)
    try drawParts(of: iteration)
    try count(iteration)
    last = iteration
    try next?.hear(iteration)
  }

  /// The simulation is over: the counters fall.
  public func finish() throws {
    if let last { try drawIdle(after: last) }
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
    try count(idle)
  }
}
