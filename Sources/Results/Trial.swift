import Base
import Sim
import Traces

/// A deployment with one seed, to be simulated at several rates. The same seed gives every policy and setting the same
/// requests, and every rate the same gaps but for a factor: common random numbers.
public struct Trial: Sendable {
  private let tree: ConfigNode
  private let trace: TraceChoice
  private let programVersion: String
  private let check: @Sendable () throws -> Void

  /// A trial.
  /// - Parameter check: called now and then; by throwing it ends a simulation.
  public init(
    of tree: ConfigNode, serving trace: TraceChoice, seed: Int, programVersion: String,
    check: @escaping @Sendable () throws -> Void
  ) throws {
    self.tree = try tree.setting("seed", to: ConfigNode(.integer(seed), source: tree.source))
    self.trace = trace
    self.programVersion = programVersion
    self.check = check
  }

  /// A run under a policy.
  public func run(_ policy: String, at rate: RequestsPerSecond?, requestCount: Int?) throws -> RunResult {
    let experiment = try experiment(at: rate, requestCount)
    return RunResult(
      experiment.description(of: policy), try simulate(policy, in: experiment, onProgress: { _ in }))
  }

  /// The highest rate at which a share of the requests that arrive, in per cent, meets the limits under a policy, and
  /// the simulations that it took.
  /// - Parameter requestCount: how many requests a rate is judged by.
  public func capacity(
    _ policy: String, from guess: RequestsPerSecond, attainment: Double,
    requestCount: (RequestsPerSecond) throws -> Int?
  ) throws -> (capacity: Capacity, simulations: Int) {
    var simulations = 0
    let capacity = try CapacitySearch(from: guess).capacity { rate in
      simulations += 1
      let experiment = try experiment(at: rate, requestCount(rate))
      return try meets(attainment, policy, in: experiment)
    }
    return (capacity, simulations)
  }

  /// Whether enough requests meet their limits; one that is turned away does not. The simulation ends as soon as too
  /// many do not: one more than may, so that rounding decides nothing.
  private func meets(_ attainment: Double, _ policy: String, in experiment: Experiment) throws -> Bool {
    let mostMissed = Double(experiment.workload.requestCount) * (1 - attainment / 100) + 1
    do {
      let summary = try simulate(policy, in: experiment) { summary in
        let missed = summary.requestsCompleted - summary.requestsWithinServiceLevel
        if Double(missed) > mostMissed { throw TooManyMissed() }
      }
      return 100 * Double(summary.requestsWithinServiceLevel) / Double(summary.requestsArrived) >= attainment
    } catch is TooManyMissed {
      return false
    }
  }

  private func experiment(at rate: RequestsPerSecond?, _ requestCount: Int?) throws -> Experiment {
    try Experiment(of: tree, serving: trace, rate: rate, requestCount: requestCount, programVersion: programVersion)
  }

  private func simulate(
    _ policy: String, in experiment: Experiment, onProgress: @escaping (RunSummary) throws -> Void
  ) throws -> RunSummary {
    try check()
    return try experiment.simulate(policy) { summary in
      try check()
      try onProgress(summary)
    }
  }
}

/// A simulation was ended because its verdict is known.
private struct TooManyMissed: Error {}
