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
  private let windowedBefore: ContiguousArray<Int>
  private let experts: ExpertShard
  private var tokenCosts = CostTable(TokenCost(), bits: 10, mostBits: 15)
  private var expertCosts = CostTable(ExpertCost(), bits: 12, mostBits: 18)
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
    var before = ContiguousArray([0])
    for isWindowed in model.transformer.windowedLayers {
      before.append(before[before.count - 1] + (isWindowed ? 1 : 0))
    }
    windowedBefore = before
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
    precondition(segment.layers.upperBound < windowedBefore.count, "work in layers that the model lacks")
    guard segment.prefill.tokens | segment.decode.requests != 0, !segment.layers.isEmpty else { return }
    let tokens = segment.prefill.tokens + segment.decode.requests
    var layer = self.cost(of: segment.prefill.tokens > 0 ? .mixedLayer : .decodeLayer, tokens)
    let windowed = windowedBefore[segment.layers.upperBound] - windowedBefore[segment.layers.lowerBound]
    let full = segment.layers.count - windowed
    if segment.decode.requests > 0, segment.decode != sums.decodeWork { priceDecodes(segment.decode, in: &sums) }
    sums.link += Double(segment.layers.count) * layer.linkSeconds
    if sampler != nil {
      addSampled(segment, layer, to: &sums)
    } else {
      layer.add(expertCost(segment), tokens: tokens, experts)
      let layers = Double(segment.layers.count)
      sums.flops += layers * layer.flops
      sums.traffic += layers * layer.traffic
      addTime(segment, layer, layers: full, isWindowed: false, to: &sums)
      addTime(segment, layer, layers: windowed, isWindowed: true, to: &sums)
    }
    addAttentionDemand(segment, layers: full, isWindowed: false, to: &sums)
    addAttentionDemand(segment, layers: windowed, isWindowed: true, to: &sums)
  }

  /// Decodes do the same in every run of layers of an iteration, so they are priced once.
  private func priceDecodes(_ work: DecodeWork, in sums: inout Sums) {
    sums.decodeWork = work
    sums.decodeSeconds.full = prices.attention.seconds(attention.decode(work, isWindowed: false))
    guard windowedBefore[windowedBefore.count - 1] > 0 else { return }
    sums.decodeSeconds.windowed = prices.attention.seconds(attention.decode(work, isWindowed: true))
  }

  @inline(__always)
  private func addTime(
    _ segment: LayerWork, _ layer: TokenCost, layers: Int, isWindowed: Bool, to sums: inout Sums
  ) {
    guard layers > 0 else { return }
    var seconds = layer.seconds
    if prices.attention.sharedTile != nil, segment.prefill.tokens > 0, segment.decode.requests > 0 {
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

extension RooflineCostModel {
  /// What costs by a number of tokens.
  enum Part: Int {
    /// A layer without attention and routed experts, with prompts and without.
    case mixedLayer, decodeLayer
    /// The embedding of tokens that enter; last norm, LM head and sampling of those that come out.
    case embedding, emission
  }

  @inline(__always)
  mutating func cost(of part: Part, _ tokens: Int) -> TokenCost {
    if let slot = tokenCosts.find(part.rawValue, tokens) { return tokenCosts[slot] }
    let cost = priced(part, tokens)
    tokenCosts.keep(cost, part.rawValue, tokens)
    return cost
  }

  private func priced(_ part: Part, _ tokens: Int) -> TokenCost {
    var cost = TokenCost()
    let operators: [OperatorDemand]
    switch part {
    case .mixedLayer, .decodeLayer:
      let padding = engine.padding(tokens, hasPrompts: part == .mixedLayer)
      if padding == nil { cost.launchSeconds = engine.launchTimePerEagerLayer.value }
      operators = sharded.denseDemand(TokenRows(prompt: 0, decode: tokens, padding: padding ?? 0))
    case .embedding: operators = sharded.endDemand(embedded: tokens, emitted: 0)
    case .emission: operators = sharded.endDemand(embedded: 0, emitted: tokens, sampling: sampling)
    }
    for operation in operators { cost.add(operation, prices) }
    return cost
  }

  /// The routed experts of one layer, in expectation.
  @inline(__always)
  private mutating func expertCost(_ segment: LayerWork) -> ExpertCost {
    let prompt = segment.prefill.tokens
    let decode = segment.decode.requests
    if let slot = expertCosts.find(prompt, decode) { return expertCosts[slot] }
    let cost = sharded.expertProduct(rows(segment)).map { ExpertCost($0, prices) } ?? ExpertCost()
    expertCosts.keep(cost, prompt, decode)
    return cost
  }

  private func rows(_ segment: LayerWork) -> TokenRows {
    var rows = TokenRows(prompt: segment.prefill.tokens, decode: segment.decode.requests)
    rows.padding = engine.padding(rows.tokens, hasPrompts: rows.prompt > 0) ?? 0
    return rows
  }

  /// Adds each layer of a run with experts of its own, drawn from the stream.
  private mutating func addSampled(_ segment: LayerWork, _ dense: TokenCost, to sums: inout Sums) {
    let rows = rows(segment)
    for index in segment.layers {
      var layer = dense
      layer.add(drawnExperts(rows), tokens: rows.tokens, experts)
      sums.flops += layer.flops
      sums.traffic += layer.traffic
      addTime(segment, layer, layers: 1, isWindowed: model.transformer.windowedLayers[index], to: &sums)
    }
  }

  /// A drawn number of experts in the place of the expected one; tiles beyond the first keep their mean.
  private mutating func drawnExperts(_ rows: TokenRows) -> ExpertCost {
    guard var stream = sampler, let routing = model.routing, var product = sharded.expertProduct(rows) else {
      return ExpertCost()
    }
    let drawn = routing.drawDistinct(promptTokens: rows.prompt, decodeTokens: rows.decode, from: &stream)
    sampler = stream
    product.load.distinct = Double(drawn)
    return ExpertCost(product, prices)
  }
}
