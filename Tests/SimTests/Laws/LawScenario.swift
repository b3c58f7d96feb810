import Base
import HardwareModels
import Sim
import TestSupport
import Traces

/// Whole systems on which the laws hold.
enum Layout: String, CaseIterable {
  /// One replica.
  case one
  /// Three replicas that serve requests from the first to the last token.
  case three
  /// Two replicas for prompts and two for the tokens after the first.
  case split
  /// One replica of two ranks that step together.
  case ranks
  /// One replica of two lanes on two stages.
  case stages

  /// A server made of such replicas, all under its policy and with its limits. Keys and values are those that the unit
  /// cost model counts, a byte a token and layer; moving those of ten tokens takes about as long as a decode.
  func server(of server: Simulation.Server) -> Simulation.Server {
    var server = server
    switch self {
    case .one: break
    case .ranks: server.pool.ranks = 2
    case .stages: server.pool.lanes = 2
    case .three: server.pool.replicaCount = 3
    case .split:
      server.pool.replicaCount = 2
      server.handover = Handover(
        to: server.pool, over: CacheLink(bandwidth: BytesPerSecond(8.0), latency: Seconds(0.5)),
        bytesPerToken: Bytes(server.limits.layerCount))
    }
    return server
  }

  /// What prices its iterations.
  var cost: UnitCostModel { UnitCostModel(firstLayers: self == .stages ? [0, 3] : [0]) }
}

/// A trace and a server on which every policy must keep the laws.
struct LawScenario: CustomStringConvertible {
  var description: String
  var trace: [TraceRequest]
  var server: Simulation.Server

  /// Several traces, each on a roomy KV cache and on one that hardly holds two of its longest requests, without and with
  /// prompts that begin alike.
  static var all: [LawScenario] { (roomy + sharing).flatMap { [$0, $0.tight] } }

  /// The roomy ones with prompts that begin alike, on a server that keeps what they share.
  static var sharing: [LawScenario] {
    roomy.suffix(4).enumerated().map { index, scenario in
      var (sharing, random) = (scenario, SeededRandom(seed: UInt64(index), stream: "shared prefixes"))
      sharing.server.limits.tokensPerPrefixBlock = 8
      sharing.trace.sharePrefixes(tokensPerPrefixBlock: 8, &random)
      sharing.description += ", sharing"
      return sharing
    }
  }

  /// Those in which nobody is ever preempted and nobody shares.
  static var roomy: [LawScenario] {
    [
      LawScenario("a lone request", [.at(3, prompt: 50, output: 9)]),
      LawScenario("a burst", (0..<12).map { .at(0, prompt: 5 + 7 * ($0 % 5), output: 1 + 5 * ($0 % 4)) }),
      LawScenario("one every 90 s", (0..<15).map { .at(Double(90 * $0), prompt: 20 + $0, output: 12) }),
      LawScenario(
        "long ones among short ones", (0..<20).map { .at(Double(60 * $0), prompt: $0 % 6 == 0 ? 60 : 3, output: 17) }),
      LawScenario(
        "bursts with pauses", (0..<24).map { .at(Double(4000 * ($0 / 8)), prompt: 1 + 3 * $0, output: 40 - $0) }),
      random(seed: 1), random(seed: 2), random(seed: 3),
    ]
  }

  /// All of them with some answers longer, and with six requests long after, so that every scheduler plans once more.
  static var longer: [LawScenario] {
    all.enumerated().map { index, scenario in
      var (longer, random) = (scenario, SeededRandom(seed: UInt64(index), stream: "longer answers"))
      for number in scenario.trace.indices where random.happens(0.4) {
        let room = scenario.server.limits.blockCount * 4 - scenario.trace[number].promptTokens
        longer.trace[number].outputTokens = min(room, longer.trace[number].outputTokens + random.integer(1...9))
      }
      longer.description += ", longer"
      longer.trace += (0..<6).map { .at(late.seconds + 1000 * Double($0), prompt: 5, output: 2) }
      return longer
    }
  }

  /// When all requests have left but those that come long after.
  static let late = SimTime.seconds(1_000_000)

  private init(_ name: String, _ trace: [TraceRequest]) {
    description = name
    self.trace = trace
    server = tinyServer(layers: 6, maxRequests: 5)
  }

  private static func random(seed: UInt64) -> LawScenario {
    var random = SeededRandom(seed: seed, stream: "law scenario")
    var now = 0
    return LawScenario(
      "random arrivals, seed \(seed)",
      (0..<30).map { _ in
        now += random.integer(0...150)
        return .at(Double(now), prompt: random.integer(1...60), output: random.integer(1...30))
      })
  }

  /// The same on a KV cache that hardly holds two of its longest requests.
  var tight: LawScenario {
    var tight = self
    let longest = trace.map { $0.promptTokens + $0.outputTokens }.max() ?? 1
    tight.server.limits.blockCount = longest / server.limits.tokensPerBlock + 3
    tight.description += ", tight"
    return tight
  }

  /// Simulates it anew under a listed policy with its test settings.
  func simulate(under policy: String, on layout: Layout = .one) throws -> Observation {
    let policy = try PolicyCase.named(policy).policy(layerCount: server.limits.layerCount)
    return try TestSupport.observe(trace, on: layout.server(of: server.under(policy)), cost: layout.cost)
  }
}
