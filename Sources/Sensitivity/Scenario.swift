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
    let server = Server(tree: tree, seed: seed, scenario: self, check: check)
    let runs = try [baseline, rival].map { try server.run($0, at: rate) }
    return try headlines.map { headline in
      let values =
        try headline.metric.map { name in runs.map { $0[name] } }
        ?? [baseline, rival].map { try server.capacity($0) }
      guard let old = values[0], let new = values[1], old > 0 else { return nil }
      return 100 * (new / old - 1)
    }
  }
}

/// A changed deployment with one seed.
private struct Server {
  let tree: ConfigNode
  let seed: Int
  let scenario: Scenario
  let check: @Sendable () throws -> Void

  func run(_ policy: String, at rate: RequestsPerSecond?) throws -> RunResult {
    let seeded = try tree.setting("seed", to: ConfigNode(.integer(seed), source: tree.source))
    let experiment = try Experiment(
      of: seeded, serving: scenario.trace, rate: rate, requestCount: scenario.requestCount,
      programVersion: scenario.programVersion)
    try check()
    let summary = try experiment.simulate(policy) { _ in try check() }
    return RunResult(experiment.description(of: policy), summary)
  }

  /// The highest rate at which enough requests meet their limits; nil if there is none, or no highest one, and for
  /// recorded arrivals.
  func capacity(_ policy: String) throws -> Double? {
    guard let rate = scenario.rate else { return nil }
    let capacity = try CapacitySearch(from: rate).capacity { rate in
      try run(policy, at: rate)["slo_attainment_pct"].map { $0 >= scenario.attainment } ?? false
    }
    if case .rate(let rate) = capacity { return rate.value }
    return nil
  }
}
