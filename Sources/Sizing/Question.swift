import Base
import Results
import Sim
import Traces

/// What is asked of a deployment.
public struct Question: Sendable {
  /// The rate that is tried first where the deployment says nothing of the trace, in requests a second.
  private static let usualGuess = RequestsPerSecond(1)
  private static let mostRequests = 1_000_000_000.0

  /// The deployment, its model, GPU and engine in full, and under `trace` the recipe of its requests if there is one.
  public let tree: ConfigNode
  /// The requests as they were named.
  public let trace: TraceChoice
  /// What is measured.
  public let objective: Objective
  /// The policies, in their order.
  public let policies: [String]
  /// The settings that are searched.
  public let searched: [Setting]
  /// How many requests a simulation has; nil for as many as come within `seconds`, or of a file for all.
  public let requestCount: Int?
  /// How long requests come.
  public let seconds: Double
  /// The seeds.
  public let seeds: [Int]
  /// The version that results carry.
  public let programVersion: String
  /// The deployment.
  public let deployment: Deployment
  /// What counts as served well.
  public let serviceLevel: ServiceLevel
  /// The fixed rate, or the one that is tried first.
  let rate: RequestsPerSecond

  /// A question; refuses what cannot be simulated.
  /// - Parameters:
  ///   - policy: the only policy; nil for those that the deployment compares.
  ///   - seedCount: how many seeds, from the deployment's own on.
  public init(
    _ tree: ConfigNode, serving trace: TraceChoice, objective: Objective, policy: String? = nil,
    searching searched: [Setting] = [], requestCount: Int? = nil, seconds: Double, seedCount: Int,
    programVersion: String
  ) throws {
    self.tree = tree
    self.trace = trace
    self.objective = objective
    self.searched = searched
    self.requestCount = requestCount
    self.seconds = seconds
    self.programVersion = programVersion
    deployment = try Deployment(reading: tree.removing("trace"))
    let (end, isTooLarge) = Int(deployment.seed).addingReportingOverflow(seedCount)
    guard !isTooLarge else {
      throw InputError(.usage, place: "seed", "\(deployment.seed) has no \(seedCount) successors")
    }
    seeds = Array(Int(deployment.seed)..<end)
    policies = policy.map { [$0] } ?? deployment.compared
    serviceLevel = deployment.serviceLevel(on: trace.name)
    switch objective {
    case .capacity: rate = deployment.workload(trace.name)?.rate ?? Self.usualGuess
    case .metric(_, let fixed): rate = fixed
    }
    guard trace.recipe == nil || deployment.arrivals.hasRate else {
      let name = type(of: deployment.arrivals).name
      throw InputError(.usage, place: "arrivals", "\"\(name)\" has no rate, so it has no highest one")
    }
    for setting in searched where !policies.contains(setting.policy) {
      throw InputError(.usage, "\"\(setting.name)\" is a setting of \(setting.policy), which is not among the policies")
    }
    for contender in try asItIs { try check(contender) }
  }

  /// Each policy with the deployment's own settings.
  var asItIs: [Contender] {
    get throws {
      try policies.map { policy in
        let setting = Setting.all.first { $0.policy == policy }
        let value = try setting?.value(in: deployment)
        return Contender(policy: policy, choice: setting.flatMap { setting in value.map { (setting, $0) } })
      }
    }
  }

  /// Refuses what cannot be simulated.
  func check(_ contender: Contender) throws {
    let experiment = try Experiment(
      of: contender.tree(in: tree), serving: trace, rate: rate, requestCount: requestCount(at: rate),
      programVersion: programVersion)
    try experiment.check(contender.policy)
  }

  /// How many requests a simulation at a rate has; nil for all of a file.
  func requestCount(at rate: RequestsPerSecond) throws -> Int? {
    guard requestCount == nil, trace.recipe != nil else { return requestCount }
    let count = (seconds * rate.value).rounded(.up)
    guard count <= Self.mostRequests else {
      throw InputError(
        .usage, "\(readable(rate.value)) requests a second are too many for \(readable(seconds)) seconds",
        hint: "say how many requests to draw")
    }
    return Int(count)
  }

  /// A contender with a seed.
  func trial(_ contender: Contender, seed: Int, check: @escaping @Sendable () throws -> Void) throws -> Trial {
    try Trial(
      of: contender.tree(in: tree), serving: trace, seed: seed, programVersion: programVersion, check: check)
  }
}
