import Base
import HardwareModels

/// An operator of an iteration against the roofline of its GPUs.
public struct OperatorAnalysis: Sendable {
  /// What it costs under the engine, over all layers that do it.
  public let cost: OperatorCost
  /// The intensity from which on it could be bound by compute; nil where it multiplies nothing.
  public let ridge: FlopsPerByte?
  /// The least time that the data sheet allows it.
  public let roofline: Seconds
  /// Its part of the iteration's time.
  public let share: Double
  /// GPUs of the attention rank that does it.
  private let gpus: Int

  init(_ cost: OperatorCost, on model: RooflineCostModel, of duration: Seconds) {
    self.cost = cost
    gpus = model.parallelism.tensor
    let gpu = model.gpu
    ridge = cost.arithmetic.flatMap { gpu.ridgePoint(for: $0) }
    let compute = cost.arithmetic.flatMap { gpu.peak(for: $0) }.map { cost.flops / $0 } ?? .zero
    let link = gpu.linkBandwidth.map { cost.traffic[.link] / $0 } ?? .zero
    roofline = max(compute, max(cost.traffic.memory / gpu.memoryBandwidth, link)) / Double(gpus)
    share = cost.duration / duration
  }

  /// Arithmetic for each byte of memory; nil where it multiplies nothing.
  public var intensity: FlopsPerByte? {
    guard cost.flops > .zero, cost.traffic.memory > .zero else { return nil }
    return FlopsPerByte(cost.flops.value / cost.traffic.memory.value)
  }

  /// What each GPU computes in a second.
  public var rate: FlopsPerSecond { cost.flops / cost.duration / Double(gpus) }
}

/// One iteration of one phase, operator by operator.
public struct PhaseAnalysis: Sendable {
  /// What is iterated, such as `prefill of 4096 tokens`.
  public let title: String
  /// Requests that decode; 0 for a prefill.
  public let batch: Int
  /// What the iteration takes.
  public let duration: Seconds
  /// What it consists of, in the order it happens.
  public let operators: [OperatorAnalysis]
  /// Pairs of a token and an expert on the busiest GPU over those of the mean one; nil where experts are not spread.
  public let expertImbalance: Double?

  private init(_ title: String, batch: Int, _ work: LayerWork, emitting: Int, on model: RooflineCostModel) {
    self.title = title
    self.batch = batch
    let costs = model.explain(IterationWork(segments: [work], emittedTokens: emitting))
    let duration = costs.reduce(Seconds.zero) { $0 + $1.duration }
    self.duration = duration
    expertImbalance = model.expertImbalance(promptTokens: work.prefill.tokens, decodeTokens: work.decode.requests)
    operators = costs.map { OperatorAnalysis($0, on: model, of: duration) }
  }

  /// The whole prefill of one prompt in one iteration.
  public init(prefilling tokens: Int, on model: RooflineCostModel) {
    self.init(
      "prefill of \(tokens) tokens", batch: 0, .prefilling(tokens, in: model.model), emitting: 1, on: model)
  }

  /// One decoded token for each of so many requests that have this context.
  public init(decoding batch: Int, context: Int, on model: RooflineCostModel) {
    self.init(
      "decode of \(batch) \(batch == 1 ? "request" : "requests") at \(context) tokens", batch: batch,
      .decoding(batch, context: context, in: model.model), emitting: batch, on: model)
  }

  /// The part of the time that is bound by something.
  public func share(boundBy bound: Bound) -> Double {
    operators.reduce(0) { $0 + ($1.cost.bound == bound ? $1.share : 0) }
  }

  /// What most of the time is bound by.
  public var bound: Bound { Bound.allCases.max { share(boundBy: $0) < share(boundBy: $1) } ?? .host }

  /// Bytes of one class that the iteration moves.
  public func bytes(of kind: TrafficClass) -> Bytes { operators.reduce(.zero) { $0 + $1.cost.traffic[kind] } }
}
