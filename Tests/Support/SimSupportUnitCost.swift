import Base
import HardwareModels

/// A cost model that can be summed by eye: a layer that has work takes 1 s, and 1 s more for each token it handles.
///
/// FLOP are 2 a token and layer and 1 an attended pair, keys and values are 1 byte a token and layer, so both are the
/// same however prompts are cut. Everything is a multiple of 1/1024, so sums are exact in any order.
public struct UnitCostModel: CostModel {
  /// Seconds that counts of tokens read, pairs attended to and requests weigh; each count has its own prime factor, so
  /// that a wrong one shows in the time. A multiple of 1/1024.
  public var attentionWeight: Double
  /// The first layer of each pipeline stage.
  public var firstLayers: [Int]

  /// A cost model; by default only layers and tokens take time, and one stage has all layers.
  public init(attentionWeight: Double = 0, firstLayers: [Int] = [0]) {
    self.attentionWeight = attentionWeight
    self.firstLayers = firstLayers
  }

  /// One watt for each stage, whether there is work or not.
  public var idlePower: Watts { Watts(firstLayers.count) }

  /// As many as there are first layers.
  public var stageCount: Int { firstLayers.count }

  /// Each stage takes as long as the rank that has most to do in it; tokens come out of the last.
  public mutating func price(ranks: [IterationWork], stages: inout [Seconds], into cost: inout IterationCost) {
    cost = IterationCost()
    for stage in firstLayers.indices {
      let costs = ranks.map { self.cost(of: part(of: $0, in: stage)) }
      stages[stage] = costs.map(\.duration).max() ?? .zero
      for share in costs { cost += share }
    }
    cost.duration = stages.reduce(.zero, +)
    cost.kernelTime = cost.duration
    cost.energy[.idle] = Watts(1) * cost.duration
  }

  private func part(of work: IterationWork, in stage: Int) -> IterationWork {
    let isLast = stage == firstLayers.count - 1
    let layers = firstLayers[stage]..<(isLast ? .max : firstLayers[stage + 1])
    let segments = work.segments.map {
      LayerWork(layers: $0.layers.clamped(to: layers), prefill: $0.prefill, decode: $0.decode)
    }
    return IterationWork(
      segments: segments.filter { !$0.layers.isEmpty }, emittedTokens: isLast ? work.emittedTokens : 0)
  }

  /// The sum over layers, and over tokens that come out.
  public mutating func cost(of work: IterationWork) -> IterationCost {
    var cost = IterationCost()
    for segment in work.segments { add(segment, to: &cost) }
    cost.duration += Seconds(attentionWeight * 19 * Double(work.emittedTokens))
    cost.kernelTime = cost.duration
    cost.traffic[.link] = Bytes(work.emittedTokens)
    cost.energy[.idle] = Watts(1) * cost.duration
    cost.energy[.compute] = Joules(cost.flops.value)
    cost.energy[.weights] = Joules((cost.traffic[.denseWeights] + cost.traffic[.expertWeights]).value)
    cost.energy[.kvCache] = Joules((cost.traffic[.kvRead] + cost.traffic[.kvWrite]).value)
    cost.energy[.activations] = Joules(cost.traffic[.activations].value)
    cost.energy[.link] = Joules(cost.traffic[.link].value)
    return cost
  }

  /// Every run of like layers, then the tokens that come out.
  public mutating func parts(of work: IterationWork) -> [IterationPart] {
    let layers = work.segments.map { IterationPart(.layers($0), cost(of: IterationWork(segments: [$0])).duration) }
    let ends = IterationPart(.emission, cost(of: IterationWork(emittedTokens: work.emittedTokens)).duration)
    return (layers + [ends]).filter { $0.duration > .zero }
  }

  private func add(_ work: LayerWork, to cost: inout IterationCost) {
    let prefill = work.prefill
    let decode = work.decode
    let layers = work.layers.count
    let tokens = prefill.tokens + decode.requests
    let pairs = prefill.attendedPairs + decode.contextTokens
    let read = prefill.cachedTokensRead + decode.contextTokens
    let ofPrefill =
      prefill.attendedPairs + 3 * prefill.windowedPairs + 5 * prefill.cachedTokensRead + 7 * prefill.windowedTokensRead
      + 11 * prefill.requests
    let ofDecode = 13 * decode.contextTokens + 17 * decode.windowedContextTokens
    let seconds = Double(1 + tokens) + attentionWeight * Double(ofPrefill + ofDecode)
    cost.duration += Seconds(Double(layers) * seconds)
    cost.flops += Flops(layers * (2 * tokens + pairs))
    cost.traffic[.denseWeights] += Bytes(layers)
    cost.traffic[.expertWeights] += Bytes(layers * min(tokens, 8))
    cost.traffic[.kvRead] += Bytes(layers * read)
    cost.traffic[.kvWrite] += Bytes(layers * tokens)
    cost.traffic[.activations] += Bytes(layers * tokens)
  }
}

/// Notes all work that a cost model prices.
public struct SpyCostModel: CostModel {
  /// The notes; a class, because the simulation keeps its own copy of the cost model.
  public final class Log {
    /// What was priced, in order; of several ranks those that had something to do.
    public fileprivate(set) var works: [IterationWork] = []
    /// What each stage took, one list an iteration.
    public fileprivate(set) var stageTimes: [[Seconds]] = []

    /// Empty notes.
    public init() {}
  }

  private var model: any CostModel
  private let log: Log

  /// Watches a cost model.
  public init(watching model: any CostModel, log: Log) {
    self.model = model
    self.log = log
  }

  /// What the watched model draws while it waits.
  public var idlePower: Watts { model.idlePower }

  /// As many as the watched model has.
  public var stageCount: Int { model.stageCount }

  /// What the watched model says.
  public mutating func cost(of work: IterationWork) -> IterationCost {
    log.works.append(work)
    let cost = model.cost(of: work)
    log.stageTimes.append([cost.duration])
    return cost
  }

  /// What the watched model says of ranks and stages.
  public mutating func price(ranks: [IterationWork], stages: inout [Seconds], into cost: inout IterationCost) {
    log.works += ranks.filter { !$0.segments.isEmpty }
    model.price(ranks: ranks, stages: &stages, into: &cost)
    log.stageTimes.append(stages)
  }
}
