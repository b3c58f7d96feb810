import Base
import Sim
import TestSupport
import Traces

/// A random server and what it is asked, from a seed.
struct RandomTrace: CustomStringConvertible {
  var seed: UInt64
  var server: Simulation.Server
  var requests: [TraceRequest]
  var cost: UnitCostModel
  /// For further choices that belong to the same case.
  var random: SeededRandom

  /// Mostly many short prompts; every sixth case a few of up to 3000 tokens, long enough for the group rules.
  init(seed: UInt64) {
    self.seed = seed
    random = SeededRandom(seed: seed, stream: "random trace")
    let isLong = random.happens(1 / 6)
    requests =
      isLong ? Self.requests(6, prompt: 3000, output: 8, &random) : Self.requests(40, prompt: 60, output: 30, &random)
    server = Self.server(for: requests, &random)
    cost = UnitCostModel(attentionWeight: random.happens(0.5) ? 1 / 1024 : 0)
  }

  /// A hundred and twenty cases, and sixty of them again with prompts that begin alike.
  static var all: [RandomTrace] {
    (1...120).map { RandomTrace(seed: $0) } + (1...60).map { RandomTrace(seed: $0).sharing }
  }

  /// The same with prompts that begin alike, on a server that keeps prefixes.
  var sharing: RandomTrace {
    var sharing = self
    var random = SeededRandom(seed: seed, stream: "shared prefixes")
    let tokensPerPrefixBlock = server.limits.tokensPerBlock * random.integer(1...4)
    sharing.requests.sharePrefixes(tokensPerPrefixBlock: tokensPerPrefixBlock, &random)
    sharing.server.limits.tokensPerPrefixBlock = tokensPerPrefixBlock
    return sharing
  }

  var longestPrompt: Int { requests.map(\.promptTokens).max() ?? 1 }

  var description: String {
    "seed \(seed), \(requests.count) requests, \(server.limits), window \(server.attentionWindow ?? 0)"
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
  init(_ server: Simulation.Server) {
    self.init(
      layerCount: server.limits.layerCount, maxRequests: server.limits.maxRequests,
      maxModelLen: server.limits.maxModelLen, blockCount: server.limits.blockCount,
      tokensPerBlock: server.limits.tokensPerBlock, tokensPerPrefixBlock: server.limits.tokensPerPrefixBlock,
      window: server.attentionWindow)
  }
}
