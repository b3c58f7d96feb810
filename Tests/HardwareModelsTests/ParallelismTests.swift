import Base
import TestSupport
import Testing

@testable import HardwareModels

/// A network between domains of so many GPUs.
func domains(of gpus: Int, bandwidth: Double = 50e9) -> Interconnect {
  Interconnect(
    domainGPUs: gpus, domainLatency: Seconds(5e-6),
    network: Interconnect.Network(bandwidth: BytesPerSecond(bandwidth), latency: Seconds(1e-5)))
}

/// DeepSeek-R1 in FP8 on H200 under vLLM.
func r1CostModel(
  _ cut: Parallelism, _ interconnect: Interconnect = domains(of: 8), routing: RoutingMode = .expected
) throws -> RooflineCostModel {
  try RooflineCostModel(
    model: model("deepseek-r1"), gpu: gpu("h200-sxm-141gb"), engine: engine("vllm-0.24-h200"), parallelism: cut,
    interconnect: interconnect, routing: routing)
}

extension RooflineCostModel {
  /// What ranks do together, and what each stage takes.
  mutating func priced(_ ranks: [IterationWork]) -> (cost: IterationCost, stages: [Seconds]) {
    var cost = IterationCost()
    var stages: [Seconds] = []
    price(ranks: ranks, stages: &stages, into: &cost)
    return (cost, stages)
  }
}

/// Random work for each of some ranks; every third has none.
func randomRanks(_ count: Int, layers: Int, seed: UInt64) -> [IterationWork] {
  var random = SeededRandom(seed: seed, stream: "ranks")
  return (0..<count).map { rank in
    let work = randomWork(layers: layers, window: nil, from: &random)
    return rank % 3 == 2 ? IterationWork() : work
  }
}

private let cuts = [
  Parallelism(tensor: 8, expert: 8), Parallelism(data: 8, expert: 8), Parallelism(tensor: 2, data: 4, expert: 8),
  Parallelism(tensor: 8, pipeline: 2), Parallelism(tensor: 4, data: 4, expert: 16, pipeline: 3),
  Parallelism(pipeline: 8),
]

@Suite struct ParallelismLawTests {
  @Test(arguments: cuts) func everyCutDoesTheArithmeticOfItsRanksAndReadsEachTouchedExpertOnce(_ cut: Parallelism)
    throws
  {
    var whole = try r1CostModel(cut)
    var rank = try r1CostModel(Parallelism(tensor: cut.tensor))
    let transformer = whole.model.transformer
    for seed in UInt64(0)..<8 {
      let works = randomRanks(cut.data, layers: transformer.layerCount, seed: seed)
      let (cost, stages) = whole.priced(works)
      var sum = IterationCost()
      for work in works { sum += rank.cost(of: work) }
      #expect((cost.flops.value / sum.flops.value - 1).magnitude < 1e-9, "seed \(seed)")
      for kind in [TrafficClass.denseWeights, .kvRead, .kvWrite] {
        #expect((cost.traffic[kind].value / sum.traffic[kind].value - 1).magnitude < 1e-9, "seed \(seed), \(kind)")
      }
      let experts = try touched(works, whole.model)
      #expect((cost.traffic[.expertWeights].value / experts - 1).magnitude < 1e-9, "seed \(seed)")
      #expect(stages.count == cut.pipeline)
      let stageSum = stages.reduce(0) { $0 + $1.value }
      #expect((cost.duration.value / stageSum - 1).magnitude < 1e-12, "seed \(seed)")
      let longest = try #require(stages.max())
      let idle = try #require(whole.gpu.power).idle
      #expect(cost.energy.total >= idle * longest * Double(cut.stageGPUs), "seed \(seed)")
    }
  }

  /// Bytes of distinct experts over all layers, layer by layer.
  private func touched(_ works: [IterationWork], _ model: Model) throws -> Double {
    let routing = try #require(model.routing)
    return model.transformer.sparseLayers.indices.reduce(0) { bytes, layer in
      guard model.transformer.sparseLayers[layer] else { return bytes }
      let segments = works.compactMap { $0.segments.first { $0.layers.contains(layer) } }
      let load = routing.load(
        promptTokens: segments.reduce(0) { $0 + $1.prefill.tokens },
        decodeTokens: segments.reduce(0) { $0 + $1.decode.requests })
      return bytes + load.distinct * model.transformer.expertBytes.value
    }
  }

  @Test(arguments: cuts) func oneRankAloneIsPricedAndExplainedAlike(_ cut: Parallelism) throws {
    var model = try r1CostModel(cut)
    for seed in UInt64(0)..<4 {
      let work = randomRanks(1, layers: model.model.transformer.layerCount, seed: seed)[0]
      let idle = Array(repeating: IterationWork(), count: cut.data - 1)
      let cost = model.cost(of: work)
      #expect(model.priced(idle + [work]).cost == cost, "seed \(seed)")
      let parts = model.explain(work)
      #expect((parts.reduce(0) { $0 + $1.duration.value } / cost.duration.value - 1).magnitude < 1e-9, "seed \(seed)")
      for kind in TrafficClass.allCases {
        let sum = parts.reduce(0) { $0 + $1.traffic[kind].value }
        #expect((sum - cost.traffic[kind].value).magnitude <= 1e-9 * sum, "seed \(seed), \(kind)")
      }
    }
  }

  @Test(arguments: cuts) func idleRanksCostNothingAndWhatWasAskedBeforeDoesNotMatter(_ cut: Parallelism) throws {
    var worn = try r1CostModel(cut)
    let layers = worn.model.transformer.layerCount
    let nothing = worn.priced(Array(repeating: IterationWork(), count: cut.data))
    #expect(nothing.cost == IterationCost())
    for seed in UInt64(0)..<4 {
      let works = randomRanks(cut.data, layers: layers, seed: seed)
      var fresh = try r1CostModel(cut)
      _ = worn.priced(works)
      let (again, first) = (worn.priced(works), fresh.priced(works))
      #expect(again.cost == first.cost && again.stages == first.stages, "seed \(seed)")
    }
  }

  @Test func moreBandwidthIsNeverSlower() throws {
    let cut = Parallelism(tensor: 4, data: 4, expert: 16, pipeline: 3)
    for seed in UInt64(0)..<4 {
      var last = Seconds(.infinity)
      for bandwidth in [12.5e9, 50e9, 400e9] {
        var model = try r1CostModel(cut, domains(of: 8, bandwidth: bandwidth))
        let works = randomRanks(4, layers: 61, seed: seed)
        let (cost, _) = model.priced(works)
        #expect(cost.duration < last, "seed \(seed), \(bandwidth)")
        last = cost.duration
      }
    }
  }

  @Test func aSumOverDomainsTakesTheEnginesSumAndARing() throws {
    let h200 = try r1CostModel(Parallelism(tensor: 16))
    let prices = OperatorPrices(h200.engine, h200.gpu, headDim: 128, interconnect: domains(of: 8))
    let inside = prices.time(of: .allReduce(bytes: 1e8, gpus: 8)).seconds
    let ring = 2 * (1e-5 + 1e8 / 8 / 2 / 50e9)
    #expect((prices.time(of: .allReduce(bytes: 1e8, gpus: 16)).seconds - inside - ring).magnitude < 1e-12)
  }

  @Test func drawnExpertsHaveTheMeansOfExpectedOnes() throws {
    let cut = Parallelism(data: 8, expert: 8)
    var (expected, sampled) = (try r1CostModel(cut), try r1CostModel(cut, routing: .sampled(seed: 2)))
    let works = randomRanks(8, layers: 61, seed: 5)
    let mean = expected.priced(works).cost
    var sum = IterationCost()
    for _ in 0..<20 { sum += sampled.priced(works).cost }
    #expect((sum.traffic[.expertWeights].value / 20 / mean.traffic[.expertWeights].value - 1).magnitude < 0.01)
    #expect((sum.duration.value / 20 / mean.duration.value - 1).magnitude < 0.01)
  }
}

@Suite struct ParallelismHandWorkedTests {
  /// Decodes of one request with this context in all layers of the tiny model.
  private func decode(context: Int) -> IterationWork {
    var decode = DecodeWork()
    (decode.requests, decode.contextTokens) = (1, context)
    return IterationWork(segments: [LayerWork(layers: 0..<4, decode: decode)], emittedTokens: 1)
  }

  private func tiny(_ cut: Parallelism, _ interconnect: Interconnect = .oneDomain) throws -> RooflineCostModel {
    try RooflineCostModel(
      model: tinyModel, gpu: unitGPU(), engine: idealEngine(), parallelism: cut, interconnect: interconnect)
  }

  @Test func twoRanksWaitForTheSlowerAndShareExperts() throws {
    let works = [decode(context: 50), decode(context: 900)]
    var model = try tiny(Parallelism(data: 2, expert: 2))
    // Two tokens have 4 pairs on 4 experts: the busier GPU has 2 + e sqrt(2/3 x 2) of them, and of the 3/4 that are touched
    // of its 2 experts 1.5 + e sqrt(2 x 3/4 x 1/4), where e = 1 / sqrt(pi) is the mean of the larger of two normals.
    let largest = 1 / Double.pi.squareRoot()
    let pairs = 2 + largest * (4.0 / 3).squareRoot()
    let distinct = 1.5 + largest * (3.0 / 8).squareRoot()
    // A tile has 8 rows of 12 FLOP each, and takes longer than 12 bytes; then activations.
    let experts = 12 * 8 * distinct + pairs * 24 + 4 * 2 * 2
    // A token goes to the other GPU unless both its experts are here: 1 - 1/6; 4 bytes each way.
    let exchange = 2 * 4 * (5.0 / 6) * 2 * pairs / 4
    let slower = try tiny(Parallelism()).explain(works[1])
    let rest = slower.filter { $0.name != "experts" }.reduce(0) { $0 + $1.duration.value }
    let (cost, stages) = model.priced(works)
    #expect((cost.duration.value / (rest + 4 * (experts + exchange)) - 1).magnitude < 1e-6)
    #expect(stages == [cost.duration])
    #expect((cost.traffic[.link].value - 2 * 4 * 8 * 5 / 6).magnitude < 1e-9)
    #expect(cost.traffic[.expertWeights] == Bytes(4 * 3 * 12))
  }

  @Test func stagesSendToTheNextAndAddUp() throws {
    let work = decode(context: 100)
    let parts = try tiny(Parallelism()).explain(work)
    let ends = parts.filter { $0.layers != 4 }.map(\.duration.value)
    let layer = parts.filter { $0.layers == 4 }.reduce(0) { $0 + $1.duration.value } / 4
    let last = ends.dropFirst().reduce(0, +) - ends[1]
    // Hidden state and residual are 8 bytes: over the link of 1 byte a second, or over the network with a second's delay.
    let slow = Interconnect(
      domainGPUs: 2, domainLatency: Seconds(0.5),
      network: Interconnect.Network(bandwidth: BytesPerSecond(2), latency: Seconds(1)))
    var model = try tiny(Parallelism(pipeline: 4), slow)
    let stages = model.priced([work]).stages.map(\.value)
    let expected = [ends[1] + layer + 8.5, layer + 5, layer + 8.5, layer + last]
    #expect(zip(stages, expected).allSatisfy { ($0 / $1 - 1).magnitude < 1e-9 }, "\(stages) \(expected)")
  }

  @Test func layersThatNoStageBorderCutsStayInTheirStage() throws {
    var model = try tiny(Parallelism(pipeline: 2))
    let prefill = PrefillWork(tokens: 3, past: 0, window: nil)
    func stages(_ layers: Range<Int>) -> [Seconds] {
      model.priced([IterationWork(segments: [LayerWork(layers: layers, prefill: prefill)])]).stages
    }
    // A group that ends within a stage sends nothing; one that ends with it sends 3 x 8 bytes.
    #expect(stages(1..<2)[0] - stages(2..<3)[1] == Seconds(24))
    #expect(stages(2..<3)[0] == .zero && stages(1..<2)[1] == .zero)
  }

  @Test func expertsOfOneRankAreSpreadWithoutAnExchange() throws {
    let work = IterationWork(
      segments: [LayerWork(layers: 0..<61, prefill: PrefillWork(tokens: 4000, past: 0, window: nil))])
    let (cut, spread) = (
      try r1CostModel(Parallelism(tensor: 8)).explain(work),
      try r1CostModel(Parallelism(tensor: 8, expert: 8)).explain(work)
    )
    #expect(cut.map(\.name) == spread.map(\.name))
    #expect(cut.filter { $0.name != "experts" } == spread.filter { $0.name != "experts" })
    #expect(try r1CostModel(Parallelism(data: 8, expert: 8)).explain(work).map(\.name).contains("expert dispatch"))
  }

  @Test func layersAreCutAsVLLMCutsThem() {
    #expect(Parallelism(pipeline: 4).stages(of: 61).map(\.count) == [15, 15, 16, 15])
    #expect(Parallelism(pipeline: 4).stages(of: 63).map(\.count) == [16, 16, 16, 15])
    #expect(Parallelism(pipeline: 2).stages(of: 3) == [0..<2, 2..<3])
    #expect(Parallelism().stages(of: 7) == [0..<7])
  }
}
