import Base
import HardwareModels
import Sim
import Traces

/// One deployment serving one workload, ready to be simulated under any of its policies: what `run` does once and a sweep
/// does many times.
public struct Experiment: Sendable {
  /// The deployment.
  public let deployment: Deployment
  /// The requests, the same for every policy.
  public let workload: Workload
  private let trace: TraceChoice
  /// Requests each second; nil where recorded arrivals are kept.
  public let rate: RequestsPerSecond?
  private let config: String
  private let programVersion: String

  /// An experiment.
  /// - Parameters:
  ///   - resolved: the deployment's tree, with model, GPU and engine in full; where the trace is a recipe, what stands
  ///     under `trace` takes its place.
  ///   - rate: requests each second; nil for what the deployment says of this trace.
  ///   - requestCount: how many requests; nil for what the deployment says, or else all that the trace has.
  ///   - backend: what really runs the plans; nil where they are priced. It is part of what a run is known by.
  public init(
    of resolved: ConfigNode, serving trace: TraceChoice, rate: RequestsPerSecond? = nil, requestCount: Int? = nil,
    backend: String? = nil, programVersion: String
  ) throws {
    var (resolved, trace) = (resolved, trace)
    if trace.recipe != nil, let recipe = resolved.member("trace") {
      trace = try TraceChoice(recipe: recipe)
      resolved = resolved.removing("trace")
    }
    deployment = try Deployment(reading: resolved)
    if backend != nil { try deployment.requireOneScheduler(in: resolved) }
    let usual = deployment.workload(trace.name)
    let usualRate = deployment.arrivals.hasRate ? usual?.rate : nil
    self.trace = trace
    self.rate = rate ?? usualRate
    self.programVersion = programVersion
    workload = try Workload(
      trace.trace, arrivals: deployment.arrivals, rate: self.rate, requestCount: requestCount ?? usual?.requestCount,
      seed: deployment.seed)
    config = Self.identity(of: resolved, trace, rate: self.rate, requestCount: workload.requestCount, backend)
  }

  /// What counts as served well.
  public var serviceLevel: ServiceLevel { deployment.serviceLevel(on: trace.name) }

  /// What a run under one of the compared policies, or any other, is called.
  public func description(of policy: String) -> RunDescription {
    RunDescription(
      name: deployment.name, policy: policy,
      policyIndex: deployment.compared.firstIndex(of: policy) ?? deployment.compared.count, trace: trace.name,
      rate: rate?.value, seed: Int(deployment.seed), serviceLevel: serviceLevel, config: config, files: trace.files,
      programVersion: programVersion)
  }

  /// Refuses a policy that cannot be simulated: one that has no settings, or under which the model does not fit.
  public func check(_ name: String) throws {
    _ = try deployment.server(under: name, serviceLevel: serviceLevel)
    _ = try deployment.costModel()
  }

  /// Simulates a policy, or runs it for real.
  /// - Parameters:
  ///   - costModel: what prices iterations; nil for the deployment's own.
  ///   - executor: what really carries the plans out; nil to simulate.
  ///   - onProgress: told now and then what has happened so far; by throwing it ends the simulation.
  public func simulate(
    _ name: String, costModel: (any CostModel)? = nil, executor: (any PlanExecutor)? = nil,
    recorder: (any Recorder)? = nil, onProgress: ((RunSummary) throws -> Void)? = nil
  ) throws -> RunSummary {
    var simulation = Simulation(
      of: try workload.open(), on: try deployment.server(under: name, serviceLevel: serviceLevel),
      costModel: try costModel ?? deployment.costModel(), executor: executor, recorder: recorder)
    return try simulation.run(onProgress: onProgress)
  }

  /// All that decides what happens but the policy's name and the content of files, as canonical JSON.
  private static func identity(
    of resolved: ConfigNode, _ trace: TraceChoice, rate: RequestsPerSecond?, requestCount: Int, _ backend: String?
  ) -> String {
    func node(_ value: ConfigNode.Value) -> ConfigNode { ConfigNode(value, source: resolved.source) }
    let workload = [
      ConfigNode.Member("rate_rps", node(rate.map { .number($0.value) } ?? .null)),
      ConfigNode.Member("recipe", trace.recipe ?? node(.null)),
      ConfigNode.Member("requests", node(.integer(requestCount))),
      ConfigNode.Member("trace", node(.string(trace.name))),
    ]
    var members = [ConfigNode.Member("deployment", resolved), .init("workload", node(.object(workload)))]
    if let backend { members.append(.init("backend", node(.string(backend)))) }
    return node(.object(members)).canonicalJSON
  }
}

extension Deployment {
  /// Refuses what a machine cannot do that is one scheduler of a whole model.
  fileprivate func requireOneScheduler(in resolved: ConfigNode) throws {
    let counts = [
      ("replicas", replicas, "replicas"), ("dataParallel", parallelism.data, "attention ranks"),
      ("pipelineParallel", parallelism.pipeline, "pipeline stages"),
    ]
    for (key, count, things) in counts where count > 1 {
      throw (resolved.member(key) ?? resolved).error("\(count) \(things) cannot be run for real; this machine is one")
    }
  }
}
