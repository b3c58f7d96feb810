import Base

/// What bytes move for.
public enum TrafficClass: Int, CaseIterable, Sendable {
  /// Weights that every token uses: projections, norms, gates, embedding, LM head, and the MLP of a dense model.
  case denseWeights
  /// Weights of routed experts: distinct experts touched x bytes of one expert, per layer call. The expert load.
  case expertWeights
  /// Keys and values read by attention.
  case kvRead
  /// Keys and values of new tokens written to the cache.
  case kvWrite
  /// Everything between the kernels of a layer.
  case activations
  /// Bytes sent over the link between GPUs (NVLink), not HBM.
  case link
}

/// Bytes moved, by class, summed over all GPUs of the replica.
public struct Traffic: Hashable, Sendable {
  @usableFromInline var lanes = SIMD8<Double>()

  /// No traffic.
  @inlinable public init() {}

  /// The bytes of one class.
  @inlinable public subscript(_ kind: TrafficClass) -> Bytes {
    get { Bytes(lanes[kind.rawValue]) }
    set { lanes[kind.rawValue] = newValue.value }
  }

  /// Every class but the link.
  @inlinable public var memory: Bytes { Bytes(lanes.sum() - lanes[TrafficClass.link.rawValue]) }

  /// Adds other traffic, class by class.
  @inlinable public static func += (left: inout Self, right: Self) { left.lanes += right.lanes }
  /// The traffic, `factor` times.
  @inlinable public static func * (left: Self, factor: Double) -> Self {
    var scaled = left
    scaled.lanes *= factor
    return scaled
  }
}

/// Where energy goes.
public enum EnergyComponent: Int, CaseIterable, Sendable {
  /// What the GPUs draw whether they work or not.
  case idle
  /// What they draw on top of it while kernels run, whatever these do.
  case busy
  /// Arithmetic.
  case compute
  /// Reading weights from HBM.
  case weights
  /// Reading and writing keys and values.
  case kvCache
  /// Reading and writing activations.
  case activations
  /// Bytes over the link between GPUs.
  case link
}

/// Energy by component, summed over all GPUs of the replica.
public struct Energy: Hashable, Sendable {
  @usableFromInline var lanes = SIMD8<Double>()

  /// No energy.
  @inlinable public init() {}

  /// Energy that nobody metered: not a number, and so is every sum that it is part of.
  public static var unmetered: Energy {
    var energy = Energy()
    energy.lanes = SIMD8(repeating: .nan)
    return energy
  }

  /// Whether every part of it is known.
  public var isMetered: Bool { !total.value.isNaN }

  /// The energy of one component.
  @inlinable public subscript(_ component: EnergyComponent) -> Joules {
    get { Joules(lanes[component.rawValue]) }
    set { lanes[component.rawValue] = newValue.value }
  }

  /// All components together.
  @inlinable public var total: Joules { Joules(lanes.sum()) }

  /// Adds other energy, component by component.
  @inlinable public static func += (left: inout Self, right: Self) { left.lanes += right.lanes }
  /// The energy, `factor` times.
  @inlinable public static func * (left: Self, factor: Double) -> Self {
    var scaled = left
    scaled.lanes *= factor
    return scaled
  }
}

/// What an iteration takes: time on the clock, and everything else summed over the replica's GPUs.
public struct IterationCost: Hashable, Sendable {
  /// From its beginning to its end, host time included.
  public var duration = Seconds.zero
  /// The part of the duration in which kernels run.
  public var kernelTime = Seconds.zero
  /// Floating-point operations.
  public var flops = Flops.zero
  /// Bytes moved.
  public var traffic = Traffic()
  /// Energy drawn.
  public var energy = Energy()

  /// Nothing yet.
  @inlinable public init() {}

  /// Adds another iteration's cost.
  @inlinable public static func += (left: inout Self, right: Self) {
    left.duration += right.duration
    left.kernelTime += right.kernelTime
    left.flops += right.flops
    left.traffic += right.traffic
    left.energy += right.energy
  }
}

/// Prices work: how long it takes, what it moves, what it draws. The roofline of a GPU is one, real kernels are another.
public protocol CostModel {
  /// What an iteration costs. Never fails and never gives a duration of zero or less for work that is not empty.
  /// Mutating, so that a model may remember what it has priced; what it says must not depend on what was asked before,
  /// except where it draws from a seeded stream.
  mutating func cost(of work: IterationWork) -> IterationCost
  /// Puts the same in the place of `cost`. What the engine calls; a fast model writes there and saves copies.
  mutating func price(_ work: IterationWork, into cost: inout IterationCost)
  /// What the parts of an iteration's duration are, in the order in which they happen; empty where the model does not
  /// know. To be asked before the price, and without effect on it.
  mutating func parts(of work: IterationWork) -> [IterationPart]
  /// What all GPUs of the replica draw together while they wait.
  var idlePower: Watts { get }
  /// Stages that an iteration passes one after the other, each a run of layers on an equal part of the replica's GPUs.
  var stageCount: Int { get }
  /// Prices what the attention ranks of a lane do in one iteration together; ranks that do nothing have empty work.
  /// `stages` receives the time of each stage, `cost` the sums over all ranks and stages: its duration is the sum of the
  /// stages' times, and its energy counts each stage's GPUs for its own time only.
  mutating func price(ranks: [IterationWork], stages: inout [Seconds], into cost: inout IterationCost)
}

extension CostModel {
  /// Puts what an iteration costs in the place of `cost`.
  public mutating func price(_ work: IterationWork, into cost: inout IterationCost) { cost = self.cost(of: work) }

  /// One stage has all layers.
  public var stageCount: Int { 1 }

  /// One rank and one stage.
  public mutating func price(ranks: [IterationWork], stages: inout [Seconds], into cost: inout IterationCost) {
    precondition(ranks.count == 1, "a model that prices several ranks says how")
    price(ranks[0], into: &cost)
    stages = [cost.duration]
  }

  /// No parts are known.
  public mutating func parts(of work: IterationWork) -> [IterationPart] { [] }
}
