import Base
import HardwareModels

/// A machine that really does what is planned and says what it took. The engine is the same as in a simulation; only the
/// clock's source differs.
public protocol PlanExecutor {
  /// Carries out an iteration: `plan` as the policy proposed it and the engine checked it, `view` the replica with the
  /// plan's preemptions, admissions and selected decodes already in place (frontiers still stand where they did), `work`
  /// the same counted. What it returns has a duration above zero.
  mutating func execute(_ plan: BatchPlan, of view: ReplicaView, work: IterationWork) throws -> IterationCost
}
