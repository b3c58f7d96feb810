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
  /// GPUs of the replica.
  public let tensorParallel: Int
  /// How tokens are chosen.
  public let sampling: SamplingMode

  let sharded: ShardedModel
  let prices: OperatorPrices
  private let attention: AttentionShard
  private let layersBefore: ContiguousArray<LayerCounts>
  private let hasWindows: Bool
  private let latent: Transformer.Latent?
  /// Latent attention of one layer in the run that is priced: of its prompts, and of the decodes.
  private var latentPrompts = TokenCost()
  private var latentDecodes = TokenCost()
  let experts: ExpertShard
  var tokenCosts = CostTable(TokenCost(), bits: 10, mostBits: 15)
  var expertCosts = CostTable(ExpertCost(), bits: 12, mostBits: 18)
  var sampler: SeededRandom?

  /// The replica's cost model; what does not fit together is an ``InputError``.
  public init(
    model: Model, gpu: GPU, engine: EngineProfile, tensorParallel: Int, routing: RoutingMode = .expected,
    sampling: SamplingMode = .greedy
  ) throws {
    try check(model, gpu, engine, tensorParallel: tensorParallel)
    self.model = model
    self.gpu = gpu
    self.engine = engine
    self.tensorParallel = tensorParallel
    self.sampling = sampling
    sharded = ShardedModel(model: model, gpus: tensorParallel)
    prices = OperatorPrices(engine, gpu, headDim: model.transformer.attention.headDim)
    attention = sharded.attention
    experts = ExpertShard(sharded)
    layersBefore = LayerCounts.before(eachOf: model.transformer)
    hasWindows = model.transformer.windowedLayerCount > 0
    latent = model.transformer.attention.latent
    if case .sampled(let seed) = routing { sampler = SeededRandom(seed: seed, stream: "expert-routing") }
  }

  /// What all GPUs of the replica draw together while they wait; not a number where nobody has metered it.
  public var idlePower: Watts { gpu.power.map { $0.idle * Double(tensorParallel) } ?? Watts(.nan) }

  /// Sums of an iteration in the making, in plain numbers.
  struct Sums {
    var elapsed = 0.0
    var kernels = 0.0
    var link = 0.0
    var sampling = 0.0
    var flops = 0.0
    var traffic = SIMD8<Double>()
    var kvBytes = 0.0
    var decodeWork = DecodeWork()
    var decodeSeconds = (full: 0.0, windowed: 0.0)
  }

  /// What an iteration costs.
  public mutating func cost(of work: IterationWork) -> IterationCost {
    var cost = IterationCost()
    price(work, into: &cost)
    return cost
  }

  /// Puts what an iteration costs in the place of `cost`.
  public mutating func price(_ work: IterationWork, into cost: inout IterationCost) {
    var sums = Sums()
    var decodes = 0
    var prefills = 0
    var embedded = 0
    for segment in work.segments {
      decodes = max(decodes, segment.decode.requests)
      prefills = max(prefills, segment.prefill.requests)
      if segment.layers.lowerBound == 0 { embedded = segment.prefill.tokens + segment.decode.requests }
      add(segment, to: &sums)
    }
    guard sums.kernels > 0 || work.emittedTokens > 0 else {
      cost = IterationCost()
      return
    }
    addEnd(self.cost(of: .embedding, embedded), to: &sums)
    addEnd(self.cost(of: .emission, work.emittedTokens), to: &sums)
    sums.traffic[TrafficClass.kvRead.rawValue] += sums.kvBytes
    let host = engine.hostTimePerIteration + engine.hostTimePerRequest * Double(decodes + prefills)
    cost.duration = Seconds(sums.elapsed) + host
    cost.kernelTime = Seconds(sums.kernels)
    cost.flops = Flops(sums.flops)
    cost.traffic.lanes = sums.traffic
    cost.energy =
      gpu.power?.energy(
        duration: cost.duration, computeTime: Seconds(sums.kernels - sums.link - sums.sampling),
        samplingTime: Seconds(sums.sampling), flops: cost.flops, traffic: cost.traffic, gpus: tensorParallel)
      ?? .unmetered
  }

  @inline(__always)
  private func addEnd(_ end: TokenCost, to sums: inout Sums) {
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
    let counts = layersBefore[segment.layers.upperBound] - layersBefore[segment.layers.lowerBound]
    if segment.decode.requests > 0, segment.decode != sums.decodeWork { priceDecodes(segment.decode, in: &sums) }
    if let latent { latentPrompts = cost(sharded.demand(of: latent, segment.prefill)) }
    if counts.sparse > 0 { add(segment, counts, isSparse: true, to: &sums) }
    if counts.dense > 0 { add(segment, counts, isSparse: false, to: &sums) }
    guard latent == nil else { return addLatentDemand(segment, to: &sums) }
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
    guard sampler == nil else { return addSampled(segment, layer, isSparse: isSparse, to: &sums) }
    if isSparse { layer.add(expertCost(segment), tokens: tokens, experts) }
    sums.flops += layers * layer.flops
    sums.traffic += layers * layer.traffic
    addTime(segment, layer, layers: full, isWindowed: false, to: &sums)
    addTime(segment, layer, layers: windowed, isWindowed: true, to: &sums)
  }

  /// Decodes do the same in every run of layers of an iteration, so they are priced once.
  private mutating func priceDecodes(_ work: DecodeWork, in sums: inout Sums) {
    sums.decodeWork = work
    if let latent {
      latentDecodes = cost(sharded.demand(of: latent, work))
      return
    }
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
    if latent != nil {
      seconds += latentPrompts.seconds + (segment.decode.requests > 0 ? latentDecodes.seconds : 0)
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
    for cost in [latentPrompts] + (segment.decode.requests > 0 ? [latentDecodes] : []) {
      sums.flops += layers * cost.flops
      sums.traffic += layers * cost.traffic
    }
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
