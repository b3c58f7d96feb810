import Base
import HardwareModels
import Sim

/// Pairs of what iterations really took and what a cost model says of the same work. A class, because the executor that
/// fills it is copied into the simulation.
public final class PricedIterations {
  /// What an iteration took, and its price.
  public struct Pair: Sendable {
    /// Measured.
    public var measured: IterationCost
    /// Priced.
    public var priced: IterationCost
  }

  /// All of them in order.
  public private(set) var pairs: [Pair] = []

  /// None yet.
  public init() {}

  fileprivate func append(_ pair: Pair) { pairs.append(pair) }
}

/// Runs plans for real and prices the same work beside it, so that time can be compared iteration by iteration.
public struct ComparingExecutor: PlanExecutor {
  private var executor: TransformerExecutor
  private var model: MeasuredCostModel
  private let log: PricedIterations

  /// Runs on an executor and prices with a model.
  public init(_ executor: TransformerExecutor, pricing model: MeasuredCostModel, into log: PricedIterations) {
    self.executor = executor
    self.model = model
    self.log = log
  }

  /// Runs it, then prices it; the price takes no measured time.
  public mutating func execute(
    _ plan: BatchPlan, of view: ReplicaView, work: IterationWork
  ) throws -> IterationCost {
    let measured = try executor.execute(plan, of: view, work: work)
    log.append(PricedIterations.Pair(measured: measured, priced: model.cost(of: work)))
    return measured
  }

  /// Nobody meters it.
  public var idlePower: Watts { executor.idlePower }
}
