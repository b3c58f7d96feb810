import Base
import HardwareModels
import Sim

/// What iterations did and really took, and what the operators of the same model took between them. A class, because the
/// executor that fills it is copied into the simulation.
public final class IterationLog {
  /// An iteration: its work and what it really took.
  public struct Entry: Sendable {
    /// What was done.
    public var work: IterationWork
    /// What it took.
    public var measured: IterationCost
  }

  /// All of them in order.
  public private(set) var entries: [Entry] = []
  /// Measures operators between iterations.
  public private(set) var calibration: RunnerCalibration

  /// No iteration yet.
  public init(_ calibration: RunnerCalibration) { self.calibration = calibration }

  /// Iterations for each step of the calibration.
  private static let stride = 4

  fileprivate func append(_ entry: Entry) throws {
    entries.append(entry)
    if entries.count % Self.stride == 0 { try calibration.measureNext() }
  }
}

/// Runs plans for real, and after some iterations one step of a calibration: both see the machine in the same moods. The
/// clock of the run does not see the calibration.
public struct CalibratingExecutor: PlanExecutor {
  private var executor: TransformerExecutor
  private let log: IterationLog

  /// Runs on an executor and notes everything in a log.
  public init(_ executor: TransformerExecutor, into log: IterationLog) {
    self.executor = executor
    self.log = log
  }

  /// Runs it, then may measure batches of its own.
  public mutating func execute(
    _ plan: BatchPlan, of view: ReplicaView, work: IterationWork
  ) throws -> IterationCost {
    let measured = try executor.execute(plan, of: view, work: work)
    try log.append(IterationLog.Entry(work: work, measured: measured))
    return measured
  }
}
