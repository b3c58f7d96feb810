import Base
import Results
import Sim
import Traces

/// What is looked into: two policies serving the same requests, with several seeds.
public struct Scenario: Sendable {
  /// The deployment, its model, GPU and engine in full, and under `trace` the recipe of its requests if there is one.
  public let tree: ConfigNode
  /// What the other policy is measured against.
  public let baseline: String
  /// The policy that is judged.
  public let rival: String
  /// The requests as they were named.
  public let trace: TraceChoice
  /// Requests a second; nil for arrivals as they were recorded.
  public let rate: RequestsPerSecond?
  /// How many requests.
  public let requestCount: Int
  /// The seeds, one run a policy each.
  public let seeds: [Int]
  /// The share of requests, in per cent, that meet their limits up to the capacity.
  public let attainment = 90.0
  let programVersion: String

  /// A scenario: the first two policies that the deployment compares, and as many seeds as asked for from its own on.
  public init(
    _ tree: ConfigNode, serving trace: TraceChoice, rate: RequestsPerSecond?, requestCount: Int?, seedCount: Int,
    programVersion: String
  ) throws {
    let experiment = try Experiment(
      of: tree, serving: trace, rate: rate, requestCount: requestCount, programVersion: programVersion)
    let compared = experiment.deployment.compared
    guard compared.count > 1 else {
      throw tree.error("only \"\(compared[0])\" is compared; expected two policies under \"compare\"")
    }
    (baseline, rival) = (compared[0], compared[1])
    for policy in [baseline, rival] { try experiment.check(policy) }
    self.tree = tree
    self.trace = trace
    self.rate = experiment.rate
    self.requestCount = experiment.workload.requestCount
    seeds = (0..<seedCount).map { Int(experiment.deployment.seed) + $0 }
    self.programVersion = programVersion
  }

  /// How the policies differ under a changed deployment with one seed, one value a headline; nil where a policy has none.
  func changes(
    _ headlines: [Headline], in tree: ConfigNode, seed: Int, check: @escaping @Sendable () throws -> Void
  ) throws -> [Double?] {
    let trial = try Trial(of: tree, serving: trace, seed: seed, programVersion: programVersion, check: check)
    let policies = [baseline, rival]
    let runs = try policies.map { try trial.run($0, at: rate, requestCount: requestCount) }
    return try headlines.map { headline in
      let values =
        try headline.metric.map { name in runs.map { $0[name] } }
        ?? policies.map { try capacity($0, in: trial) }
      guard let old = values[0], let new = values[1], old > 0 else { return nil }
      return 100 * (new / old - 1)
    }
  }

  /// The highest rate at which enough requests meet their limits; nil if there is none, or no highest one, and for
  /// recorded arrivals.
  private func capacity(_ policy: String, in trial: Trial) throws -> Double? {
    guard let rate else { return nil }
    let found = try trial.capacity(policy, from: rate, attainment: attainment) { _ in requestCount }
    if case .rate(let rate) = found.capacity { return rate.value }
    return nil
  }
}
