import Base

/// Prices the work of one replica: a model, cut over equal GPUs, under an engine. The sum over runs of like layers of
/// what each operator takes, then embedding, LM head, sampling and the host.
///
/// Everything but attention depends on token counts only and is remembered. Kernels of a layer do not overlap: prefill and
/// decode attention run one after the other, or as one kernel where the engine has one for both.
public struct RooflineCostModel: CostModel {
  /// What is served.
  public let model: Model
  /// What it runs on.
  public let gpu: GPU
  /// What runs it.
  public let engine: EngineProfile
  /// How the model is cut over the GPUs of the replica.
  public let parallelism: Parallelism
  /// How tokens are chosen.
  public let sampling: SamplingMode

  let sharded: ShardedModel
  let prices: OperatorPrices
  private let attention: AttentionShard
  /// Whether the replica has several attention ranks or stages.
  let isCut: Bool
  /// The layers of each stage.
  let stageLayers: [Range<Int>]
  private let layersBefore: ContiguousArray<LayerCounts>
  private let hasWindows: Bool
  private let latent: LatentPrices?
  /// Whether there are ``latent`` prices: looking at them costs a reference count.
  private let isLatent: Bool
  private var last: ContiguousArray<LatentPrices.Memory>
  let experts: ExpertShard
  var tokenCosts = CostTable(TokenCost(), bits: 10, mostBits: 15)
  var expertCosts = CostTable(ExpertCost(), bits: 12, mostBits: 18)
  var sampler: SeededRandom?

  /// The cost model of a replica that only tensor parallelism cuts, on GPUs of one domain.
  public init(
    model: Model, gpu: GPU, engine: EngineProfile, tensorParallel: Int, routing: RoutingMode = .expected,
    sampling: SamplingMode = .greedy
  ) throws {
    try self.init(
      model: model, gpu: gpu, engine: engine, parallelism: Parallelism(tensor: tensorParallel),
      interconnect: .oneDomain, routing: routing, sampling: sampling)
  }

  /// The replica's cost model; what does not fit together is an ``InputError``.
  public init(
    model: Model, gpu: GPU, engine: EngineProfile, parallelism: Parallelism, interconnect: Interconnect,
    routing: RoutingMode = .expected, sampling: SamplingMode = .greedy
  ) throws {
    try check(model, gpu, engine, parallelism, interconnect)
    self.model = model
    self.gpu = gpu
    self.engine = engine
    self.parallelism = parallelism
    isCut = parallelism.data > 1 || parallelism.pipeline > 1
    stageLayers = parallelism.stages(of: model.transformer.layerCount)
    self.sampling = sampling
    sharded = ShardedModel(model: model, cut: parallelism)
    prices = OperatorPrices(engine, gpu, headDim: model.transformer.attention.headDim, interconnect: interconnect)
    attention = sharded.attention
    experts = ExpertShard(sharded)
    layersBefore = LayerCounts.before(eachOf: model.transformer)
    hasWindows = model.transformer.windowedLayerCount > 0
    latent = LatentPrices(sharded, prices)
    isLatent = latent != nil
    last = ContiguousArray(repeating: LatentPrices.Memory(), count: parallelism.data)
    if case .sampled(let seed) = routing { sampler = SeededRandom(seed: seed, stream: "expert-routing") }
  }

  /// What all GPUs of the replica draw together while they wait; not a number where nobody has metered it.
  public var idlePower: Watts { gpu.power.map { $0.idle * Double(parallelism.gpuCount) } ?? Watts(.nan) }

  /// Sums of an iteration in the making, in plain numbers.
  struct Sums {
    /// The attention rank whose work is summed.
    var rank = 0
    var elapsed = 0.0
    var kernels = 0.0
    var link = 0.0
    var sampling = 0.0
    var flops = 0.0
    var traffic = SIMD8<Double>()
    var kvBytes = 0.0
    var decodeWork = DecodeWork()
    var decodeSeconds = (full: 0.0, windowed: 0.0)
    /// The experts of one layer for all attention ranks together, and the exchanges; nil where there is one rank.
    var together: ExpertCost?
  }

  /// What an iteration costs.
  public mutating func cost(of work: IterationWork) -> IterationCost {
    var cost = IterationCost()
    price(work, into: &cost)
    return cost
  }

  /// Puts what an iteration costs in the place of `cost`.
  /// With several attention ranks it is the work of one, while the others have none.
  public mutating func price(_ work: IterationWork, into cost: inout IterationCost) {
    guard !isCut else { return priceOneRank(work, into: &cost) }
    var sums = Sums()
    for segment in work.segments { add(segment, to: &sums) }
    guard sums.kernels > 0 || work.emittedTokens > 0 else {
      cost = IterationCost()
      return
    }
    addEnd(self.cost(of: .embedding, embeddedTokens(of: work)), to: &sums)
    addEnd(self.cost(of: .emission, work.emittedTokens), to: &sums)
    sums.traffic[TrafficClass.kvRead.rawValue] += sums.kvBytes
    cost.duration = Seconds(sums.elapsed) + hostTime(of: work)
    cost.kernelTime = Seconds(sums.kernels)
    cost.flops = Flops(sums.flops)
    cost.traffic.lanes = sums.traffic
    cost.energy =
      gpu.power?.energy(
        duration: cost.duration, computeTime: Seconds(sums.kernels - sums.link - sums.sampling),
        samplingTime: Seconds(sums.sampling), flops: cost.flops, traffic: cost.traffic, gpus: parallelism.tensor)
      ?? .unmetered
  }

  private mutating func priceOneRank(_ work: IterationWork, into cost: inout IterationCost) {
    let idle = Array(repeating: IterationWork(), count: parallelism.data - 1)
    var stages: [Seconds] = []
    price(ranks: [work] + idle, stages: &stages, into: &cost)
  }

  /// How many layers of each kind a run has.
  @inline(__always)
  func layerCounts(in run: Range<Int>) -> LayerCounts { layersBefore[run.upperBound] - layersBefore[run.lowerBound] }

  @inline(__always)
  func addEnd(_ end: TokenCost, to sums: inout Sums) {
    sums.elapsed += end.seconds
    sums.kernels += end.seconds
    sums.sampling += end.samplingSeconds
    sums.flops += end.flops
    sums.traffic += end.traffic
  }

  @inline(__always)
  mutating func add(_ segment: LayerWork, to sums: inout Sums) {
    precondition(segment.layers.upperBound < layersBefore.count, "work in layers that the model lacks")
    guard segment.prefill.tokens | segment.decode.requests != 0, !segment.layers.isEmpty else { return }
    let counts = layerCounts(in: segment.layers)
    if isLatent {
      priceLatent(segment, sums.rank)
    } else if segment.decode.requests > 0, segment.decode != sums.decodeWork {
      priceDecodes(segment.decode, in: &sums)
    }
    if counts.sparse > 0 { add(segment, counts, isSparse: true, to: &sums) }
    if counts.dense > 0 { add(segment, counts, isSparse: false, to: &sums) }
    guard !isLatent else { return addLatentDemand(segment, to: &sums) }
    addAttentionDemand(segment, layers: counts.full, isWindowed: false, to: &sums)
    addAttentionDemand(segment, layers: counts.windowed, isWindowed: true, to: &sums)
  }

  /// Adds the layers of a run that have experts, or those that have not.
  @inline(__always)
  private mutating func add(_ segment: LayerWork, _ counts: LayerCounts, isSparse: Bool, to sums: inout Sums) {
    let tokens = segment.prefill.tokens + segment.decode.requests
    let (full, windowed) = (counts.full(isSparse: isSparse), counts.windowed(isSparse: isSparse))
    let layers = Double(full + windowed)
    var layer = self.cost(of: .layer(isSparse: isSparse, hasPrompts: segment.prefill.tokens > 0), tokens)
    sums.link += layers * layer.linkSeconds
    guard sampler == nil || sums.together != nil else {
      return addSampled(segment, layer, isSparse: isSparse, to: &sums)
    }
    if isSparse {
      layer.add(sums.together.map { $0.withoutWeights } ?? expertCost(segment), tokens: tokens, experts)
      sums.link += layers * (sums.together?.linkSeconds ?? 0)
    }
    sums.flops += layers * layer.flops
    sums.traffic += layers * layer.traffic
    addTime(segment, layer, layers: full, isWindowed: false, to: &sums)
    addTime(segment, layer, layers: windowed, isWindowed: true, to: &sums)
  }

  private mutating func priceLatent(_ segment: LayerWork, _ rank: Int) {
    guard let latent else { preconditionFailure("latent attention has prices") }
    if segment.prefill != last[rank].prefill {
      last[rank].prefill = segment.prefill
      last[rank].prompts = latent.cost(of: segment.prefill)
    }
    if segment.decode.requests > 0, segment.decode != last[rank].decode {
      last[rank].decode = segment.decode
      last[rank].decodes = latent.cost(of: segment.decode)
    }
  }

  /// Decodes do the same in every run of layers of an iteration, so they are priced once.
  private mutating func priceDecodes(_ work: DecodeWork, in sums: inout Sums) {
    sums.decodeWork = work
    sums.decodeSeconds.full = prices.attention.seconds(attention.decode(work, isWindowed: false))
    guard hasWindows else { return }
    sums.decodeSeconds.windowed = prices.attention.seconds(attention.decode(work, isWindowed: true))
  }

  @inline(__always)
  func addTime(
    _ segment: LayerWork, _ layer: TokenCost, layers: Int, isWindowed: Bool, to sums: inout Sums
  ) {
    guard layers > 0 else { return }
    var seconds = layer.seconds
    if isLatent {
      seconds += last[sums.rank].prompts.seconds + (segment.decode.requests > 0 ? last[sums.rank].decodes.seconds : 0)
    } else if prices.attention.sharedTile != nil, segment.prefill.tokens > 0, segment.decode.requests > 0 {
      seconds += prices.attention.seconds(
        attention.prefill(segment.prefill, isWindowed: isWindowed),
        beside: attention.decode(segment.decode, isWindowed: isWindowed))
    } else {
      if segment.decode.requests > 0 { seconds += isWindowed ? sums.decodeSeconds.windowed : sums.decodeSeconds.full }
      if segment.prefill.tokens > 0 {
        seconds += prices.attention.seconds(attention.prefill(segment.prefill, isWindowed: isWindowed))
      }
    }
    sums.kernels += Double(layers) * seconds
    sums.elapsed += Double(layers) * max(seconds, layer.launchSeconds)
  }

  private func addLatentDemand(_ segment: LayerWork, to sums: inout Sums) {
    let layers = Double(segment.layers.count)
    sums.flops += layers * last[sums.rank].prompts.flops
    sums.traffic += layers * last[sums.rank].prompts.traffic
    guard segment.decode.requests > 0 else { return }
    sums.flops += layers * last[sums.rank].decodes.flops
    sums.traffic += layers * last[sums.rank].decodes.traffic
  }

  @inline(__always)
  private func addAttentionDemand(_ segment: LayerWork, layers: Int, isWindowed: Bool, to sums: inout Sums) {
    guard layers > 0 else { return }
    let prefill = attention.prefill(segment.prefill, isWindowed: isWindowed)
    let decode = attention.decode(segment.decode, isWindowed: isWindowed)
    sums.flops +=
      Double(layers) * (attention.flops(pairs: prefill.pairs) + attention.flops(pairs: decode.contextTokens))
    let cached = Double(prefill.cachedTokens) + Double(decode.contextTokens)
    sums.kvBytes += Double(layers) * cached * attention.kvBytesPerToken
  }
}
