import Base
import HardwareModels
import Sim
import TestSupport
import Traces

/// A random server and what it is asked, from a seed.
struct RandomTrace: CustomStringConvertible {
  /// What its server is made of.
  enum Shape: CaseIterable {
    /// One replica.
    case single
    /// Some replicas, each serving requests from the first to the last token.
    case several
    /// Some replicas for prompts, some for the tokens after the first.
    case split
    /// Some replicas of ranks that step together.
    case ranks
    /// Some replicas with lanes on pipeline stages.
    case stages
    /// All of it at once.
    case whole

    /// How many are tried of it.
    var cases: UInt64 {
      switch self {
      case .single: 40
      case .several, .split: 20
      case .ranks, .stages, .whole: 15
      }
    }

    fileprivate var isSplit: Bool { [.split, .whole].contains(self) }
    fileprivate var hasRanks: Bool { [.ranks, .whole].contains(self) }
    fileprivate var hasStages: Bool { [.stages, .whole].contains(self) }
  }

  var seed: UInt64
  var server: Simulation.Server
  var requests: [TraceRequest]
  var cost: UnitCostModel
  /// For further choices that belong to the same case.
  var random: SeededRandom

  /// Mostly many short prompts; every sixth case a few of up to 3000 tokens, long enough for the group rules.
  init(seed: UInt64, shape: Shape = .single) {
    self.seed = seed
    random = SeededRandom(seed: seed, stream: "random trace")
    let isLong = random.happens(1 / 6)
    requests =
      isLong ? Self.requests(6, prompt: 3000, output: 8, &random) : Self.requests(40, prompt: 60, output: 30, &random)
    server = Self.server(for: requests, &random)
    cost = UnitCostModel(attentionWeight: random.happens(0.5) ? 1 / 1024 : 0)
    if shape != .single { addReplicas() }
    if shape.hasRanks { server.pool.ranks = random.integer(2...3) }
    if shape.hasStages { addStages() }
    if shape.isSplit { addHandover() }
  }

  private mutating func addReplicas() {
    server.pool.replicaCount = random.integer(1...4)
    server.router = random.one(of: routers)
    server.seed = seed
    for place in requests.indices where random.happens(0.5) { requests[place].session = UInt64(random.integer(0...5)) }
  }

  /// Lanes and stages need not be equally many, and stages not equally long.
  private mutating func addStages() {
    server.pool.lanes = random.integer(1...3)
    let layers = Array(1...max(1, server.limits.layerCount - 1)).shuffled(using: &random)
    cost.firstLayers = [0] + layers.prefix(random.integer(1...2)).sorted()
  }

  /// Every third link takes no time at all.
  private mutating func addHandover() {
    var pool = server.pool
    pool.replicaCount = random.integer(1...4)
    if random.happens(0.3) { pool.limits.blockCount += random.integer(0...9) }
    let link =
      random.happens(1 / 3)
      ? CacheLink(bandwidth: BytesPerSecond(.infinity), latency: .zero)
      : CacheLink(
        bandwidth: BytesPerSecond(random.one(of: [0.5, 8, 1024])), latency: Seconds(random.one(of: [0, 0.25, 40])))
    server.handover = Handover(to: pool, over: link, bytesPerToken: Bytes(4))
  }

  /// Puts a policy on all replicas.
  mutating func schedule(under policy: any SchedulingPolicy) {
    server.pool.policy = policy
    server.handover?.pool.policy = policy
  }

  /// The cases of a shape, and half of them again with prompts that begin alike.
  static func all(_ shape: Shape) -> [RandomTrace] {
    let cases = (1...shape.cases).map { RandomTrace(seed: $0, shape: shape) }
    return cases + cases.prefix(cases.count / 2).map(\.sharing)
  }

  /// The same with prompts that begin alike, on a server that keeps prefixes.
  var sharing: RandomTrace {
    var sharing = self
    var random = SeededRandom(seed: seed, stream: "shared prefixes")
    let tokensPerPrefixBlock = server.limits.tokensPerBlock * random.integer(1...max(4, longestPrompt / 100))
    sharing.requests.sharePrefixes(tokensPerPrefixBlock: tokensPerPrefixBlock, &random)
    sharing.server.limits.tokensPerPrefixBlock = tokensPerPrefixBlock
    sharing.server.handover?.pool.limits.tokensPerPrefixBlock = tokensPerPrefixBlock
    return sharing
  }

  var longestPrompt: Int { requests.map(\.promptTokens).max() ?? 1 }

  var description: String {
    "seed \(seed), \(requests.count) requests, "
      + "\(server.pools.map { "\($0.replicaCount) x \($0.lanes) x \($0.ranks) x \($0.limits)" }), "
      + "stages from \(cost.firstLayers), "
      + "\(server.router.name), window \(server.attentionWindow ?? 0)"
  }

  private static func requests(_ most: Int, prompt: Int, output: Int, _ random: inout SeededRandom) -> [TraceRequest] {
    let gap = random.one(of: [1, 10, 100, 1000])
    let prompts = random.integer(1...prompt)
    let outputs = random.integer(1...output)
    var now = random.integer(0...5)
    return (0..<random.integer(1...most)).map { _ in
      if random.happens(0.6) { now += random.integer(0...2 * gap) }
      return .at(Double(now), prompt: random.integer(1...prompts), output: random.integer(1...outputs))
    }
  }

  /// Half of the servers have a KV cache in which hardly more than the longest request fits, or not even that.
  private static func server(for requests: [TraceRequest], _ random: inout SeededRandom) -> Simulation.Server {
    let tokensPerBlock = random.one(of: [1, 3, 4, 16])
    let longest = requests.map { $0.promptTokens + $0.outputTokens }.max() ?? 1
    let least = (longest + tokensPerBlock - 1) / tokensPerBlock
    let tight = max(1, least + random.integer(-1...max(4, least / 2)))
    return tinyServer(
      layers: random.integer(1...9), maxRequests: random.integer(1...8),
      maxModelLen: random.happens(0.1) ? max(2, longest * 3 / 4) : 100_000,
      blocks: random.happens(0.6) ? tight : 100_000 / tokensPerBlock, tokensPerBlock: tokensPerBlock,
      window: random.happens(0.5) ? random.integer(1...20) : nil)
  }
}

extension ReferenceSettings {
  /// The settings of a server, for the reference.
  init(_ limits: ReplicaLimits, window: Int?) {
    self.init(
      layerCount: limits.layerCount, maxRequests: limits.maxRequests, maxModelLen: limits.maxModelLen,
      blockCount: limits.blockCount, tokensPerBlock: limits.tokensPerBlock,
      tokensPerPrefixBlock: limits.tokensPerPrefixBlock, window: window)
  }
}
