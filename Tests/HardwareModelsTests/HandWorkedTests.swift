import Base
import HardwareModels
import TestSupport
import Testing

@Suite struct HandWorkedTests {
  private func decode(_ requests: Int, context: Int) -> DecodeWork {
    var work = DecodeWork()
    work.requests = requests
    work.contextTokens = context
    work.windowedContextTokens = context
    return work
  }

  private func durations(_ work: IterationWork) throws -> [String] {
    try tinyCostModel().explain(work).map { "\($0.name) \($0.duration.value.rounded())" }
  }

  @Test func aDecodedTokenCostsTheSumOfItsOperators() throws {
    let layer = LayerWork(layers: 0..<1, decode: decode(1, context: 5))
    #expect(
      try durations(IterationWork(segments: [layer], emittedTokens: 1)) == [
        "host 0.0",
        "attention norm 16.0",  // 2 bytes x (2 read, 2 written) x hidden 2
        "qkv projection 40.0",  // 24 bytes of weights, 16 of activations; 24 FLOP hide behind them
        "rotary embedding 16.0",  // 4 values in, 4 out
        "kv cache write 16.0",  // 8 bytes in, 8 out
        "output projection 16.0",  // 8 bytes of weights, 8 of activations
        "feed-forward norm 16.0",
        "router 28.0",  // 16 bytes of weights, 12 of activations
        "experts 248.0",  // 2 tiles of 8 rows x 12 FLOP hide 24 bytes of weights; 56 bytes of activations do not hide
        "decode attention 40.0",  // 5 tokens x 8 bytes
        "embedding 8.0", "last norm 16.0", "LM head 16.0", "sampling 12.0",
      ])
  }

  @Test func anIterationIsTheSumOfItsLayers() throws {
    var model = try tinyCostModel()
    let layers = LayerWork(layers: 0..<4, decode: decode(1, context: 5))
    let cost = model.cost(of: IterationWork(segments: [layers], emittedTokens: 1))
    #expect(cost.duration.value.rounded() == 4 * 436 + 52)
    #expect(cost.traffic[.expertWeights] == Bytes(4 * 2 * 12))
    #expect(cost.traffic[.kvRead] == Bytes(4 * 5 * 8))
    #expect(cost.traffic[.kvWrite] == Bytes(4 * 8))
    // Projections 24 + 8, router 16, experts 2 x 12, attention 4 x 5 x 2, in 4 layers; LM head 8.
    #expect(cost.flops == Flops(4 * (32 + 16 + 24 + 40) + 8))
    #expect(cost.energy[.idle].value == cost.duration.value)
    #expect(cost.energy.total.value == 2 * cost.duration.value)
  }

  @Test func promptsAndDecodesAreOneKernelWhereTheEngineHasOneForBoth() throws {
    let prefill = PrefillWork(tokens: 2, past: 8, window: nil)
    let mixed = IterationWork(segments: [LayerWork(layers: 0..<4, prefill: prefill, decode: decode(3, context: 12))])
    let apart = IterationWork(segments: [
      LayerWork(layers: 0..<2, prefill: prefill), LayerWork(layers: 2..<4, decode: decode(3, context: 12)),
    ])
    func attention(_ work: IterationWork, _ tile: PrefillAttentionForm.SharedTile?) throws -> [String] {
      var engine = try idealEngine()
      engine.prefillAttention.sharedTile = tile
      var model = try RooflineCostModel(model: tinyModel, gpu: unitGPU(), engine: engine, tensorParallel: 1)
      let parts = model.explain(work)
      let cost = model.cost(of: work)
      #expect((parts.reduce(0) { $0 + $1.duration.value } / cost.duration.value - 1).magnitude < 1e-12)
      #expect(parts.reduce(.zero) { $0 + $1.flops } == cost.flops)
      #expect(parts.reduce(.zero) { $0 + $1.traffic[.kvRead] } == cost.traffic[.kvRead])
      return parts.filter { $0.name.hasSuffix("attention") }.map {
        "\($0.layers) \($0.name) \(Int($0.duration.value.rounded()))"
      }
    }
    let tile = PrefillAttentionForm.SharedTile(rows: 8, extraTokens: 1)
    // A layer's prompt: 9 + 10 pairs of 8 FLOP, and 2 queries, 2 outputs, 10 keys and 10 values of 4 bytes. Its decodes:
    // 12 tokens of 8 bytes; or, in tiles of 8 rows, 8 x (12 + 3) pairs.
    #expect(try attention(mixed, nil) == ["4 prefill attention \(4 * (152 + 96))", "4 decode attention \(4 * 96)"])
    #expect(try attention(mixed, tile) == ["4 shared attention \(4 * (152 + 96 + 960))"])
    #expect(try attention(apart, tile) == attention(apart, nil) && attention(apart, nil).count == 2)
  }

  @Test func aGPUThatNobodyMeteredTakesTimeAndNoKnownEnergy() throws {
    var gpu = try unitGPU()
    gpu.power = nil
    var model = try RooflineCostModel(model: tinyModel, gpu: gpu, engine: idealEngine(), tensorParallel: 1)
    var metered = try tinyCostModel()
    let work = IterationWork(
      segments: [LayerWork(layers: 0..<4, decode: decode(1, context: 5))], emittedTokens: 1)
    let cost = model.cost(of: work)
    #expect(cost.duration == metered.cost(of: work).duration && !cost.energy.isMetered)
    #expect(model.idlePower.value.isNaN)
  }

  @Test func productsOfManyRowsTakeTheFormThatIsForThem() throws {
    var engine = try idealEngine()
    var many = engine.matrixProducts[0]
    many.fromRows = 3
    many.start = Seconds(1000)
    engine.matrixProducts.append(many)
    let prices = KernelPricing(engine, try unitGPU(), headDim: 2)
    func start(_ rows: Int) -> Double {
      let product = MatrixProduct(rows: rows, columns: 1, inner: 1, format: many.format)
      return (prices.duration(of: .matrixProduct(product)).value / 1000).rounded(.down)
    }
    #expect([1, 2, 3, 4].map(start) == [0, 0, 1, 1])
  }

  @Test func windowedLayersReadTheWindowOnly() throws {
    let model = makeTinyModel(layers: 4, windowed: 0..<2, window: 3)
    var cost = try tinyCostModel(model)
    var work = decode(2, context: 10)
    work.windowedContextTokens = 6
    let priced = cost.cost(of: IterationWork(segments: [LayerWork(layers: 1..<4, decode: work)]))
    #expect(priced.traffic[.kvRead] == Bytes((6 + 2 * 10) * 8))
  }

  @Test func theWorkOfAChunkCountsPairsByHand() {
    // Tokens 5, 6, 7 after a past of 4: they attend to 5, 6, 7 tokens; through a window of 6 to 5, 6, 6.
    let work = PrefillWork(tokens: 3, past: 4, window: 6)
    #expect(work.attendedPairs == 18 && work.cachedTokensRead == 7)
    #expect(work.windowedPairs == 17 && work.windowedTokensRead == 7)
    let later = PrefillWork(tokens: 3, past: 10, window: 6)
    #expect(later.windowedPairs == 18 && later.windowedTokensRead == 8)
    #expect(PrefillWork(tokens: 3, past: 4, window: nil).windowedPairs == 18)
  }

  @Test func energyAboveTheCapIsScaledDownToIt() throws {
    var gpu = try unitGPU()
    gpu.power?.perFlop = JoulesPerFlop(1000)
    var model = try RooflineCostModel(model: tinyModel, gpu: gpu, engine: idealEngine(), tensorParallel: 1)
    let cost = model.cost(of: IterationWork(segments: [LayerWork(layers: 0..<4, decode: decode(1, context: 5))]))
    #expect((cost.energy.total.value / (3 * cost.kernelTime.value) - 1).magnitude < 1e-12)
  }

  @Test func anIdleHostCostsIdlePower() throws {
    var engine = try idealEngine()
    engine.hostTimePerIteration = Seconds(100)
    engine.hostTimePerRequest = Seconds(10)
    var model = try RooflineCostModel(model: tinyModel, gpu: unitGPU(), engine: engine, tensorParallel: 1)
    let cost = model.cost(of: IterationWork(segments: [LayerWork(layers: 0..<4, decode: decode(2, context: 5))]))
    #expect((cost.duration - cost.kernelTime).value.rounded() == 120)
    #expect(((cost.energy.total - Joules(cost.kernelTime.value * 2)).value).rounded() == 120)
  }

  @Test func drawingTokensAtRandomKeepsTheGPUBusy() throws {
    var engine = try idealEngine()
    engine.randomSamplingTimePerRequest = Seconds(10)
    let work = IterationWork(segments: [LayerWork(layers: 0..<4, decode: decode(2, context: 5))], emittedTokens: 2)
    let costs = try SamplingMode.allCases.map { sampling in
      var model = try RooflineCostModel(
        model: tinyModel, gpu: unitGPU(), engine: engine, tensorParallel: 1, sampling: sampling)
      let parts = model.explain(work)
      let cost = model.cost(of: work)
      #expect((parts.reduce(Seconds.zero) { $0 + $1.duration } / cost.duration - 1).magnitude < 1e-12)
      #expect(parts.contains { $0.name == "random sampling" } == (sampling == .random))
      return cost
    }
    #expect((costs[1].kernelTime - costs[0].kernelTime).value.rounded() == 20)
    #expect((costs[1].duration - costs[0].duration).value.rounded() == 20)
    #expect(costs[1].traffic == costs[0].traffic && costs[1].flops == costs[0].flops)
  }

  @Test func nothingToDoCostsNothing() throws {
    var model = try tinyCostModel()
    #expect(model.cost(of: IterationWork()) == IterationCost())
    #expect(model.cost(of: IterationWork(segments: [LayerWork(layers: 0..<4)])) == IterationCost())
  }
}
