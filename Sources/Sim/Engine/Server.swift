import Base
import HardwareModels

/// Replicas that share a policy.
public struct ReplicaPool: Sendable {
  /// What schedules each of them, or each rank of each lane, with a copy of its own.
  public var policy: any SchedulingPolicy
  /// Settings that the policy respects.
  public var limits: ReplicaLimits
  /// How many there are.
  public var replicaCount: Int
  /// Schedulers of a lane, each with requests and a KV cache of its own, that begin and end iterations together.
  public var ranks: Int
  /// Lanes of a replica, whose iterations follow each other through its stages.
  public var lanes: Int

  /// A pool of one replica or more.
  public init(
    under policy: any SchedulingPolicy, limits: ReplicaLimits, replicaCount: Int = 1, ranks: Int = 1, lanes: Int = 1
  ) {
    precondition(replicaCount > 0 && ranks > 0 && lanes > 0, "a pool has replicas, and these have schedulers")
    self.policy = policy
    self.limits = limits
    self.replicaCount = replicaCount
    self.ranks = ranks
    self.lanes = lanes
  }

  /// Lanes of all its replicas.
  public var laneCount: Int { replicaCount * lanes }

  /// What a router chooses among: each rank of each lane has a queue of its own.
  public var schedulerCount: Int { laneCount * ranks }
}

/// Where requests go when their prompts are done, and how their keys and values get there.
public struct Handover: Sendable {
  /// The replicas that decode.
  public var pool: ReplicaPool
  /// What the keys and values cross.
  public var link: CacheLink
  /// Keys and values that a token of a prompt has in all layers, on all GPUs that hold them.
  public var bytesPerToken: Bytes

  /// A handover to a pool.
  public init(to pool: ReplicaPool, over link: CacheLink, bytesPerToken: Bytes) {
    self.pool = pool
    self.link = link
    self.bytesPerToken = bytesPerToken
  }
}

/// The link over which a replica, or a rank of it, sends keys and values, one request after the other.
public struct CacheLink: Hashable, Sendable {
  /// What one sends; the receiving one takes as much from each sender.
  public var bandwidth: BytesPerSecond
  /// What each transfer takes beside its bytes.
  public var latency: Seconds
  /// The energy of each byte; nil where nobody knows it.
  public var energyPerByte: JoulesPerByte?

  /// A link.
  public init(bandwidth: BytesPerSecond, latency: Seconds, energyPerByte: JoulesPerByte? = nil) {
    self.bandwidth = bandwidth
    self.latency = latency
    self.energyPerByte = energyPerByte
  }

  /// How long so many bytes take: latency + bytes / bandwidth.
  func duration(of bytes: Bytes) -> Seconds { latency + bytes / bandwidth }
}

extension Simulation {
  /// What requests are served by: one pool of replicas from the first to the last token, or with a handover one for
  /// prompts and another for the tokens after the first.
  public struct Server: Sendable {
    /// Where requests arrive.
    public var pool: ReplicaPool
    /// Where they go after their first token; nil where they stay.
    public var handover: Handover?
    /// Chooses among the schedulers of each pool.
    public var router: any RoutingPolicy.Type
    /// The seed of routers that draw.
    public var seed: UInt64
    /// The attention window of the model's windowed layers, in tokens; nil if it has none.
    public var attentionWindow: Int?
    /// GPUs of one replica.
    public var gpuCount: Int
    /// What counts as served well.
    public var serviceLevel: ServiceLevel

    /// A server.
    public init(
      of pool: ReplicaPool, handover: Handover? = nil, router: any RoutingPolicy.Type = RoundRobin.self,
      seed: UInt64 = 0, attentionWindow: Int?, gpuCount: Int, serviceLevel: ServiceLevel
    ) {
      precondition(gpuCount > 0, "a replica has GPUs")
      self.pool = pool
      self.handover = handover
      self.router = router
      self.seed = seed
      self.attentionWindow = attentionWindow
      self.gpuCount = gpuCount
      self.serviceLevel = serviceLevel
    }

    /// Its pools, in the order of their replicas' numbers.
    public var pools: [ReplicaPool] { [pool] + (handover.map { [$0.pool] } ?? []) }

    /// Replicas of all pools.
    public var replicaCount: Int { pools.reduce(0) { $0 + $1.replicaCount } }
  }
}
