import Base
import HardwareModels
import Traces

/// A server as a configuration file describes it: a model on GPUs under an engine, its limits, its service level, and the
/// settings of every policy that may schedule it.
public struct Deployment: Sendable {
  /// Its name.
  public let name: String
  /// What is served.
  public let model: Model
  /// What it runs on.
  public let gpu: GPU
  /// What runs it.
  public let engine: EngineProfile
  /// How a replica is cut over its GPUs.
  public let parallelism: Parallelism
  /// What connects them.
  public let interconnect: Interconnect
  /// Copies of the model, each on GPUs of its own.
  public let replicas: Int
  /// What sends requests to replicas.
  public let router: any RoutingPolicy.Type
  /// What keys and values cross that move from one replica to another.
  public let cacheLink: CacheLink
  /// Most requests that run at once on a replica.
  public let maxNumSeqs: Int
  /// Longest prompt and answer together.
  public let maxModelLen: Int
  /// Tokens of a KV block.
  public let blockSize: Int
  /// Whether a replica keeps what prompts begin with for later requests.
  public let cachesPrefixes: Bool
  /// The share of a GPU's memory that may be used.
  public let gpuMemoryUtilization: Double
  /// Whether experts are counted in expectation or drawn.
  public let routing: RoutingMode
  /// How tokens are chosen.
  public let sampling: SamplingMode
  /// The seed of everything random.
  public let seed: UInt64
  /// What counts as served well, unless a workload says otherwise.
  public let serviceLevel: ServiceLevel
  /// How requests follow each other.
  public let arrivals: any ArrivalProcess
  /// What it usually serves.
  public let workloads: [WorkloadSettings]
  /// The policies that are simulated side by side.
  public let compared: [String]
  /// What the file says about the policies.
  public let policySettings: ConfigNode
  private let parallelismNodes: [(key: String, node: ConfigNode)]

  /// The deployment of a tree in which model, GPU and engine stand in full.
  public init(reading node: ConfigNode) throws {
    var fields = try ConfigFields(node)
    fields.ignore("description", "sources")
    name = try fields.string("name")
    var model = try Model(reading: fields.required("model"))
    model.transformer.attention.cacheFormat = try fields.required("kvCacheType").word("type of KV cache")
    var latent = try fields.object("latentAttention")
    let variants = try (
      prefill: latent.latentVariant("prefill"), decode: latent.latentVariant("decode")
    )
    try latent.finish()
    model.transformer.attention.latent?.prefill = variants.prefill
    model.transformer.attention.latent?.decode = variants.decode
    self.model = model
    gpu = try GPU(reading: fields.required("gpu"))
    engine = try EngineProfile(reading: fields.required("engine"))
    parallelismNodes = try [
      "tensorParallel", "dataParallel", "expertParallel", "pipelineParallel", "expertPlacement", "redundantExperts",
    ].map { key in (key, try fields.required(key)) }
    let nodes = parallelismNodes.map(\.node)
    let degrees = try nodes.prefix(4).map { try $0.integer(in: 1...1024) }
    parallelism = Parallelism(
      tensor: degrees[0], data: degrees[1], expert: degrees[2], pipeline: degrees[3],
      placement: try nodes[4].word("placement of experts"), redundantExperts: try nodes[5].integer(in: 0...65536))
    interconnect = try Interconnect(reading: fields.required("interconnect"))
    replicas = try fields.integer("replicas", in: 1...4096)
    router = try Sim.router(reading: fields.required("router"))
    cacheLink = try CacheLink(reading: fields.required("kvTransfer"), gpus: parallelism.tensor * parallelism.pipeline)
    maxNumSeqs = try fields.integer("maxNumSeqs", in: 1...65536)
    maxModelLen = try fields.integer("maxModelLen", in: 2...16_777_216)
    blockSize = try fields.integer("blockSize", in: 1...65536)
    cachesPrefixes = try readPrefixCaching(fields.required("prefixCaching"), blockSize: blockSize)
    gpuMemoryUtilization = try fields.number("gpuMemoryUtilization", in: .leastNonzeroMagnitude...1)
    seed = UInt64(try fields.integer("seed", in: 0...(.max)))
    routing = try RoutingMode(reading: fields.required("routing"), seed: seed)
    sampling = try fields.required("sampling").word("sampling")
    serviceLevel = try ServiceLevel(reading: fields.required("slo"))
    arrivals = try arrivalProcess(reading: fields.required("arrivals"))
    workloads = try ConfigFields(fields.required("workloads")).node.members?.map(WorkloadSettings.init) ?? []
    compared = try fields.required("compare").comparedNames()
    policySettings = try fields.required("policies")
    try fields.finish()
    try checkPolicySettings()
  }

  /// A policy with its settings.
  public func policy(_ name: String) throws -> any SchedulingPolicy {
    try makePolicy(name, settings: settings(of: name), layerCount: model.transformer.layerCount)
  }

  /// How the memory of each GPU is spent under a policy.
  public func memoryBudget(under policy: any SchedulingPolicy) throws -> MemoryBudget {
    try atParallelism {
      try MemoryBudget(
        model: model, gpu: gpu, engine: engine, parallelism: parallelism, interconnect: interconnect,
        settings: MemoryBudget.Settings(
          utilisation: gpuMemoryUtilization, blockSize: blockSize,
          maxNumBatchedTokens: policy.mostBatchedTokens(maxRequests: maxNumSeqs, maxModelLen: maxModelLen),
          maxNumSeqs: maxNumSeqs))
    }
  }

  /// What prices its iterations.
  public func costModel() throws -> RooflineCostModel {
    try atParallelism {
      try RooflineCostModel(
        model: model, gpu: gpu, engine: engine, parallelism: parallelism, interconnect: interconnect,
        routing: routing, sampling: sampling)
    }
  }

  /// GPUs that share the layers of an attention rank.
  public var tensorParallel: Int { parallelism.tensor }

  /// What does not fit together is said of the key that the user can change: the one that the error names, or tensor
  /// parallelism.
  private func atParallelism<Result>(_ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let error as InputError where error.file.isEmpty {
      let named = parallelismNodes.first { $0.key == error.place } ?? parallelismNodes[0]
      throw named.node.error(error.problem, hint: error.hint, status: error.status)
    }
  }
}

/// Whether prefixes are cached, for which KV blocks must fit into the blocks that traces name.
private func readPrefixCaching(_ node: ConfigNode, blockSize: Int) throws -> Bool {
  guard try node.bool() else { return false }
  let tokens = TraceRequest.tokensPerPrefixID
  guard tokens % blockSize == 0 else {
    throw node.error(
      "the blockSize \(blockSize) does not divide the \(tokens) tokens that traces give an id to",
      hint: "set blockSize to a power of 2 up to \(tokens)")
  }
  return true
}

extension ConfigFields {
  /// How a phase computes latent attention.
  fileprivate mutating func latentVariant(_ phase: String) throws -> LatentVariant {
    try required(phase).word("variant of latent attention")
  }
}

extension RoutingMode {
  /// `"expected"` or `"sampled"`.
  init(reading node: ConfigNode, seed: UInt64) throws {
    switch try node.string() {
    case "expected": self = .expected
    case "sampled": self = .sampled(seed: seed)
    case let other:
      throw node.error(unknown: "routing", other, among: ["expected", "sampled"])
    }
  }
}

extension ServiceLevel {
  /// `ttftMs` and `tbtMs`.
  init(reading node: ConfigNode) throws {
    var fields = try ConfigFields(node)
    self.init(
      timeToFirstToken: try .milliseconds(fields.number("ttftMs", in: .milliseconds)),
      timeBetweenTokens: try .milliseconds(fields.number("tbtMs", in: .milliseconds)))
    try fields.finish()
  }
}

extension SimDuration {
  static func milliseconds(_ milliseconds: Double) -> SimDuration { .seconds(milliseconds * 1e-3) }
}

extension ClosedRange<Double> {
  /// Lengths of time that a limit may have, up to a year.
  static var milliseconds: Self { 1e-6...3.2e10 }
}
