import Base
import Sim
import Traces

/// Requests that are written down beforehand.
public struct ScriptedSource: RequestSource {
  private var rest: ArraySlice<TraceRequest>

  /// The requests, in the order of their arrival.
  public init(_ trace: [TraceRequest]) { rest = trace[...] }

  /// The next of them.
  public mutating func next() -> TraceRequest? { rest.popFirst() }
}

extension TraceRequest {
  /// A request that arrives so many seconds after the beginning.
  public static func at(_ seconds: Double, prompt: Int, output: Int, ids: [Int] = []) -> TraceRequest {
    TraceRequest(arrival: .seconds(seconds), promptTokens: prompt, outputTokens: output, prefixIDs: ids)
  }
}

/// A server with one small replica on one GPU, whose service level is 100 s to the first token and 20 s between tokens.
public func tinyServer(
  layers: Int = 4, maxRequests: Int = 8, maxModelLen: Int = 100_000, blocks: Int = 100_000, tokensPerBlock: Int = 4,
  tokensPerPrefixBlock: Int? = nil, window: Int? = nil, replicas: Int = 1,
  under policy: any SchedulingPolicy = ChunkedPrefill(tokenBudget: 12)
) -> Simulation.Server {
  let limits = ReplicaLimits(
    layerCount: layers, maxRequests: maxRequests, maxModelLen: maxModelLen, blockCount: blocks,
    tokensPerBlock: tokensPerBlock, tokensPerPrefixBlock: tokensPerPrefixBlock)
  return Simulation.Server(
    of: ReplicaPool(under: policy, limits: limits, replicaCount: replicas), attentionWindow: window, gpuCount: 1,
    serviceLevel: ServiceLevel(timeToFirstToken: .seconds(100), timeBetweenTokens: .seconds(20)))
}

extension [TraceRequest] {
  /// Gives each prompt ids: of an earlier prompt as far as they are to be alike, new ones from there on.
  public mutating func sharePrefixes(tokensPerPrefixBlock: Int, _ random: inout SeededRandom) {
    var nextID = 0
    for index in indices where random.happens(0.9) {
      let length = (self[index].promptTokens - 1) / tokensPerPrefixBlock + 1
      let earlier = self[random.integer(0...index)].prefixIDs.prefix(length)
      let shared = random.happens(0.5) ? earlier : earlier.prefix(random.integer(0...length))
      let fresh = nextID..<nextID + length - shared.count
      self[index].prefixIDs = shared + [Int](fresh)
      nextID = fresh.upperBound
    }
  }
}

extension Simulation.Server {
  /// Ranks of all lanes of all replicas.
  public var schedulerCount: Int { pools.reduce(0) { $0 + $1.schedulerCount } }

  /// The settings of the replicas at which requests arrive.
  public var limits: ReplicaLimits {
    get { pool.limits }
    set { pool.limits = newValue }
  }

  /// The same server under another policy, on the replicas at which requests arrive.
  public func under(_ policy: any SchedulingPolicy) -> Self {
    var server = self
    server.pool.policy = policy
    return server
  }
}

extension SeededRandom {
  /// A whole number within bounds, each as likely.
  public mutating func integer(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }

  /// Whether something of this probability happens.
  public mutating func happens(_ probability: Double) -> Bool { uniform() < probability }

  /// One of some things, each as likely.
  public mutating func one<Element>(of elements: [Element]) -> Element { elements[integer(0...elements.count - 1)] }
}
