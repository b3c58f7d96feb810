import Base

/// Prices the work of one replica: a model, cut over equal GPUs, under an engine. The sum over runs of like layers of
/// what each operator takes, then embedding, LM head, sampling and the host.
///
/// Everything but attention depends on token counts only and is remembered; attention is a closed form, computed each
/// time. Prefill and decode attention of one layer run one after the other, kernels of one layer do not overlap.
public struct RooflineCostModel: CostModel {
  /// What is served.
  public let model: Model
  /// What it runs on.
  public let gpu: GPU
  /// What runs it.
  public let engine: EngineProfile
  /// GPUs of the replica.
  public let tensorParallel: Int

  let sharded: ShardedModel
  let prices: OperatorPrices
  private let attention: AttentionShard
  private let windowedBefore: ContiguousArray<Int>
  private var table = CostTable()
  private var sampler: SeededRandom?

  /// The replica's cost model; what does not fit together is an ``InputError``.
  public init(
    model: Model, gpu: GPU, engine: EngineProfile, tensorParallel: Int, routing: RoutingMode = .expected
  ) throws {
    try check(model, gpu, engine, tensorParallel: tensorParallel)
    self.model = model
    self.gpu = gpu
    self.engine = engine
    self.tensorParallel = tensorParallel
    sharded = ShardedModel(model: model, gpus: tensorParallel)
    prices = OperatorPrices(engine, gpu, headDim: model.transformer.attention.headDim)
    attention = sharded.attention
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
  private struct Sums {
    var elapsed = 0.0
    var kernels = 0.0
    var flops = 0.0
    var traffic = SIMD8<Double>()
    var kvBytes = 0.0
    var decodeWork = DecodeWork()
    var decodeSeconds = (full: 0.0, windowed: 0.0)
  }

  /// What an iteration costs.
  public mutating func cost(of work: IterationWork) -> IterationCost {
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
    guard sums.kernels > 0 || work.emittedTokens > 0 else { return IterationCost() }
    let ends = endCost(embedded: embedded, emitted: work.emittedTokens)
    sums.elapsed += ends.seconds
    sums.kernels += ends.seconds
    sums.flops += ends.flops
    sums.traffic += ends.traffic
    sums.traffic[TrafficClass.kvRead.rawValue] += sums.kvBytes
    let host = engine.hostTimePerIteration + engine.hostTimePerRequest * Double(decodes + prefills)
    return finished(sums, host: host)
  }

  private func finished(_ sums: Sums, host: Seconds) -> IterationCost {
    var cost = IterationCost()
    cost.duration = Seconds(sums.elapsed) + host
    cost.kernelTime = Seconds(sums.kernels)
    cost.flops = Flops(sums.flops)
    cost.traffic.lanes = sums.traffic
    cost.energy =
      gpu.power?.energy(
        duration: cost.duration, kernelTime: cost.kernelTime, flops: cost.flops, traffic: cost.traffic,
        gpus: tensorParallel) ?? .unmetered
    return cost
  }

  @inline(__always)
  private mutating func add(_ segment: LayerWork, to sums: inout Sums) {
    precondition(segment.layers.upperBound < windowedBefore.count, "work in layers that the model lacks")
    guard segment.prefill.tokens | segment.decode.requests != 0, !segment.layers.isEmpty else { return }
    let layer = layerCost(prompt: segment.prefill.tokens, decode: segment.decode.requests)
    let windowed = windowedBefore[segment.layers.upperBound] - windowedBefore[segment.layers.lowerBound]
    let full = segment.layers.count - windowed
    if segment.decode.requests > 0, segment.decode != sums.decodeWork { priceDecodes(segment.decode, in: &sums) }
    if sampler != nil {
      addSampled(segment, layer, to: &sums)
    } else {
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
    if segment.decode.requests > 0 { seconds += isWindowed ? sums.decodeSeconds.windowed : sums.decodeSeconds.full }
    if segment.prefill.tokens > 0 {
      seconds += prices.attention.seconds(attention.prefill(segment.prefill, isWindowed: isWindowed))
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
  /// One layer without its attention. Its experts depend on prompt and decoded tokens apart; everything else depends on
  /// their sum only and is remembered by it.
  @inline(__always)
  private mutating func layerCost(prompt: Int, decode: Int) -> TokenCost {
    if let slot = table.find(.layer, prompt, decode) { return table[slot] }
    let padding = engine.padding(prompt: prompt, decode: decode)
    let rows = TokenRows(prompt: prompt, decode: decode, padding: padding ?? 0)
    var cost = denseCost(rows, launchSeconds: padding == nil ? engine.launchTimePerEagerLayer.value : 0)
    cost.add(sharded.expertDemand(rows), prices)
    table.keep(cost, .layer, prompt, decode)
    return cost
  }

  private mutating func denseCost(_ rows: TokenRows, launchSeconds: Double) -> TokenCost {
    remembered(rows.prompt > 0 ? .mixedLayer : .decodeLayer, rows.tokens) { model in
      var cost = TokenCost(model.sharded.denseDemand(rows), model.prices)
      cost.launchSeconds = launchSeconds
      return cost
    }
  }

  /// Embedding of the tokens that enter, LM head and sampling of those that come out.
  private mutating func endCost(embedded: Int, emitted: Int) -> TokenCost {
    var cost = remembered(.embedding, embedded) {
      TokenCost($0.sharded.endDemand(embedded: embedded, emitted: 0), $0.prices)
    }
    cost += remembered(.emission, emitted) { TokenCost($0.sharded.endDemand(embedded: 0, emitted: emitted), $0.prices) }
    return cost
  }

  @inline(__always)
  private mutating func remembered(_ part: CostTable.Part, _ tokens: Int, _ priced: (Self) -> TokenCost) -> TokenCost {
    if let slot = table.find(part, tokens, 0) { return table[slot] }
    let cost = priced(self)
    table.keep(cost, part, tokens, 0)
    return cost
  }

  /// Adds each layer of a run with experts of its own, drawn from the stream.
  private mutating func addSampled(_ segment: LayerWork, _ expected: TokenCost, to sums: inout Sums) {
    let padding = engine.padding(prompt: segment.prefill.tokens, decode: segment.decode.requests) ?? 0
    let rows = TokenRows(prompt: segment.prefill.tokens, decode: segment.decode.requests, padding: padding)
    for index in segment.layers {
      var layer = expected
      drawExperts(of: &layer, rows)
      sums.flops += layer.flops
      sums.traffic += layer.traffic
      addTime(segment, layer, layers: 1, isWindowed: model.transformer.windowedLayers[index], to: &sums)
    }
  }

  /// Puts a drawn number of experts in the place of the expected one; tiles beyond the first keep their mean.
  private mutating func drawExperts(of layer: inout TokenCost, _ rows: TokenRows) {
    guard var stream = sampler, let routing = model.routing, var product = sharded.expertProduct(rows) else { return }
    let drawn = routing.drawDistinct(promptTokens: rows.prompt, decodeTokens: rows.decode, from: &stream)
    sampler = stream
    product.load.distinct = Double(drawn)
    let seconds = prices.time(of: product).seconds
    layer.seconds += seconds - layer.expertSeconds
    layer.traffic[TrafficClass.expertWeights.rawValue] =
      Double(drawn) * product.bytesPerExpert * Double(tensorParallel)
  }
}

extension EngineProfile {
  /// Rows that a CUDA graph adds to a layer; nil if the layer runs eagerly.
  func padding(prompt: Int, decode: Int) -> Int? {
    let rows = prompt + decode
    let sizes = prompt == 0 ? graphSizes.decode : graphSizes.mixed
    return sizes.first { $0 >= rows }.map { $0 - rows }
  }
}
