import Base
import HardwareModels

/// What carries planned iterations out and says what they took: a ``CostModel`` that prices them, or a machine that
/// really does them. The engine is the same for both; only the clock's source differs.
public protocol PlanExecutor {
  /// Carries out an iteration: `plan` as the policy proposed it and the engine checked it, `view` the replica with the
  /// plan's preemptions, admissions and selected decodes already in place (frontiers still stand where they did), `work`
  /// the same counted. What it returns has a duration above zero.
  mutating func execute(_ plan: BatchPlan, of view: ReplicaView, work: IterationWork) throws -> IterationCost
  /// What all GPUs of the replica draw together while they wait; not a number where nobody meters it.
  var idlePower: Watts { get }
}

/// Prices iterations instead of running them.
public struct PricedExecutor<Model: CostModel>: PlanExecutor {
  @usableFromInline var model: Model

  /// Iterations at a model's prices.
  @inlinable public init(_ model: Model) { self.model = model }

  /// The model's price of the work.
  @inlinable public mutating func execute(_ plan: BatchPlan, of view: ReplicaView, work: IterationWork) -> IterationCost
  {
    model.cost(of: work)
  }

  /// What the model says.
  @inlinable public var idlePower: Watts { model.idlePower }
}
