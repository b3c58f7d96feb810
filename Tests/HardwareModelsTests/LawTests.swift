import Base
import TestSupport
import Testing

@testable import HardwareModels

/// Every model on GPUs it fits.
private let deployments: [(model: String, gpu: String, engine: String, tensorParallel: Int)] = [
  ("qwen3-30b-a3b", "h100-sxm-80gb", "layered-prefill-paper", 2),
  ("qwen3-30b-a3b", "h100-sxm-80gb", "vllm-0.24-h100", 1),
  ("qwen3-30b-a3b", "h200-sxm-141gb", "vllm-0.24-h200", 8),
  ("gpt-oss-20b", "h100-sxm-80gb", "layered-prefill-paper", 2),
  ("gpt-oss-20b-mxfp4", "b200-sxm-180gb", "vllm-0.24-h100", 1), ("mixtral-8x7b", "a100-sxm-80gb", "vllm-0.24-h100", 4),
  ("qwen3-8b", "h100-sxm-80gb", "layered-prefill-paper", 2), ("llama-3.1-8b", "h200-sxm-141gb", "vllm-0.24-h200", 1),
  ("deepseek-v3", "h200-sxm-141gb", "vllm-0.24-h200", 8), ("llama-4-maverick", "h200-sxm-141gb", "vllm-0.24-h200", 8),
  ("gpt-3-175b", "h100-sxm-80gb", "vllm-0.24-h100", 8),
  ("llama-3.1-8b", "rtxpro6000", "vllm-0.19-rtxpro6000", 1), ("qwen3-30b-a3b", "rtxpro6000", "vllm-0.19-rtxpro6000", 2),
]

@Suite struct LawTests {
  private func costModel(_ index: Int, routing: RoutingMode = .expected) throws -> RooflineCostModel {
    let it = deployments[index]
    return try RooflineCostModel(
      model: model(it.model), gpu: gpu(it.gpu), engine: engine(it.engine), tensorParallel: it.tensorParallel,
      routing: routing)
  }

  private func decode(_ requests: Int, context: Int) -> DecodeWork {
    var work = DecodeWork()
    work.requests = requests
    work.contextTokens = context
    work.windowedContextTokens = min(context, 128 * requests)
    return work
  }

  @Test(arguments: deployments.indices) func nothingBeatsItsRooflineAndEnergyIsNeverBelowIdle(_ index: Int) throws {
    var model = try costModel(index)
    let transformer = model.model.transformer
    let gpus = Double(model.parallelism.gpuCount)
    for seed in UInt64(0)..<60 {
      var random = SeededRandom(seed: seed, stream: "law")
      let work = randomWork(layers: transformer.layerCount, window: transformer.window, from: &random)
      let cost = model.cost(of: work)
      let peak = max(model.gpu.peakBF16, try #require(model.gpu.peak(for: transformer.attention.format)))
      #expect(cost.kernelTime.value >= cost.flops.value / gpus / peak.value, "seed \(seed)")
      #expect(
        cost.kernelTime.value >= cost.traffic.memory.value / gpus / model.gpu.memoryBandwidth.value, "seed \(seed)")
      #expect(cost.kernelTime <= cost.duration, "seed \(seed)")
      #expect(cost.energy.total >= model.idlePower * cost.duration, "seed \(seed)")
      let power = try #require(model.gpu.power)
      let cap = power.cap * gpus * cost.kernelTime + model.idlePower * (cost.duration - cost.kernelTime)
      #expect(cost.energy.total.value <= cap.value * (1 + 1e-12), "seed \(seed)")
    }
  }

  @Test(arguments: deployments.indices) func theExplanationAddsUpToTheCost(_ index: Int) throws {
    var model = try costModel(index)
    let transformer = model.model.transformer
    for seed in UInt64(0)..<15 {
      var random = SeededRandom(seed: seed, stream: "explain")
      let work = randomWork(layers: transformer.layerCount, window: transformer.window, from: &random)
      let cost = model.cost(of: work)
      let parts = model.explain(work)
      let duration = parts.reduce(0) { $0 + $1.duration.value }
      #expect((duration / cost.duration.value - 1).magnitude < 1e-9, "seed \(seed)")
      #expect((parts.reduce(0) { $0 + $1.flops.value } / cost.flops.value - 1).magnitude < 1e-9, "seed \(seed)")
      for kind in TrafficClass.allCases {
        let sum = parts.reduce(0) { $0 + $1.traffic[kind].value }
        #expect((sum - cost.traffic[kind].value).magnitude <= 1e-9 * sum, "seed \(seed), \(kind)")
      }
    }
  }

  @Test(arguments: deployments.indices.map { ($0, RoutingMode.expected, UInt64(15)) } + [(3, .sampled(seed: 3), 2)])
  func thePartsAddUpToTheDurationAndChangeNoPrice(_ index: Int, _ routing: RoutingMode, _ works: UInt64) throws {
    var (asked, unasked) = (try costModel(index, routing: routing), try costModel(index, routing: routing))
    let transformer = asked.model.transformer
    for seed in 0..<works {
      var random = SeededRandom(seed: seed, stream: "parts")
      let work = randomWork(layers: transformer.layerCount, window: transformer.window, from: &random)
      let parts = asked.parts(of: work)
      let cost = asked.cost(of: work)
      #expect(cost == unasked.cost(of: work), "seed \(seed)")
      let sum = parts.reduce(0) { $0 + $1.duration.value }
      #expect((sum / cost.duration.value - 1).magnitude < 1e-12, "seed \(seed)")
      let layers = parts.compactMap { if case .layers(let run) = $0.kind { run } else { nil } }
      #expect(layers == work.segments.filter { $0.prefill.tokens + $0.decode.requests > 0 }, "seed \(seed)")
    }
    #expect(asked.parts(of: IterationWork()) == [])
  }

  @Test(arguments: deployments.indices) func layersAddUp(_ index: Int) throws {
    var model = try costModel(index)
    let count = model.model.transformer.layerCount
    let prefill = PrefillWork(tokens: 700, past: 300, window: model.model.transformer.window)
    func cost(_ layers: Range<Int>) -> IterationCost {
      let work = LayerWork(layers: layers, prefill: prefill, decode: decode(9, context: 9000))
      return model.cost(of: IterationWork(segments: [work]))
    }
    let whole = cost(0..<count)
    for cut in [1, 5, count / 2, count - 1] {
      var halves = cost(0..<cut)
      halves += cost(cut..<count)
      #expect((halves.kernelTime.value / whole.kernelTime.value - 1).magnitude < 1e-9)
      #expect((halves.flops.value / whole.flops.value - 1).magnitude < 1e-9)
      let host = model.engine.hostTimePerIteration + model.engine.hostTimePerRequest * 10
      #expect(((halves.duration - host).value / whole.duration.value - 1).magnitude < 1e-9)
    }
  }

  @Test(arguments: deployments.indices) func whatWasAskedBeforeDoesNotMatter(_ index: Int) throws {
    var worn = try costModel(index)
    let transformer = worn.model.transformer
    for seed in UInt64(0)..<20 {
      var random = SeededRandom(seed: seed, stream: "memory")
      let work = randomWork(layers: transformer.layerCount, window: transformer.window, from: &random)
      var fresh = try costModel(index)
      _ = worn.cost(of: work)
      #expect(worn.cost(of: work) == fresh.cost(of: work), "seed \(seed)")
    }
  }

  /// Whether the tiles of experts are taller for so many tokens than for a few less, or more of them are launched side by
  /// side, so that fewer read weights again.
  private func tilesGrow(at tokens: Int, after fewer: Int, _ model: RooflineCostModel) -> Bool {
    guard fewer > 0, let experts = model.model.transformer.experts else { return false }
    let shard = experts.intermediate / model.parallelism.gpusOfExpert
    if let tiling = model.engine.tiling(experts.format, experts: experts.count, shard: shard) {
      return tiling.step(tokens: tokens, experts: experts.count) != tiling.step(tokens: fewer, experts: experts.count)
    }
    let share = { (tokens: Int) in Double(tokens * experts.topK) / Double(experts.count) }
    return [16.0, 32, 64].contains { share(fewer) <= $0 && share(tokens) > $0 }
  }

  @Test(arguments: deployments.indices) func moreTokensTakeLessTimeOnlyWhereTilesGrow(_ index: Int) throws {
    var model = try costModel(index)
    let layers = 0..<model.model.transformer.layerCount
    var last = IterationCost()
    for requests in 1...300 {
      let work = LayerWork(layers: layers, decode: decode(requests, context: 100 * requests))
      let cost = model.cost(of: IterationWork(segments: [work], emittedTokens: requests))
      let slack = tilesGrow(at: requests, after: requests - 1, model) ? 0.9 : 1
      #expect(cost.kernelTime >= last.kernelTime * slack, "\(requests) requests: \(cost.kernelTime) \(last.kernelTime)")
      #expect(cost.flops > last.flops)
      #expect(cost.traffic[.expertWeights] >= last.traffic[.expertWeights])
      last = cost
    }
    last = IterationCost()
    for tokens in stride(from: 600, through: 16_000, by: 200) {
      let prefill = PrefillWork(tokens: tokens, past: 0, window: model.model.transformer.window)
      let cost = model.cost(of: IterationWork(segments: [LayerWork(layers: layers, prefill: prefill)]))
      let slack = tilesGrow(at: tokens, after: tokens - 200, model) ? 0.99 : 1
      #expect(cost.duration > last.duration * slack, "\(tokens) tokens")
      last = cost
    }
  }

  @Test(arguments: ["qwen3-30b-a3b", "gpt-oss-20b", "mixtral-8x7b", "qwen3-8b", "llama-3.1-8b"])
  func cuttingAModelChangesNoArithmeticButTheCopiedRouter(_ name: String) throws {
    let it = try model(name)
    let prefill = PrefillWork(tokens: 100, past: 50, window: it.transformer.window)
    let work = LayerWork(layers: 0..<4, prefill: prefill, decode: decode(3, context: 900))
    func flops(_ gpus: Int, without name: String) -> Double {
      it.demand(of: work, tensorParallel: gpus).filter { $0.name != name }
        .reduce(0) { $0 + $1.flops.value * Double($1.layers) }
    }
    #expect((flops(2, without: "router") / flops(1, without: "router") - 1).magnitude < 1e-12)
    let weights = [1, 2].map { gpus in
      it.demand(of: work, tensorParallel: gpus).filter { $0.name != "router" }
        .reduce(0) { $0 + ($1.traffic[.denseWeights] + $1.traffic[.expertWeights]).value }
    }
    #expect((weights[0] / weights[1] - 1).magnitude < 1e-12)
  }

  @Test func keysAndValuesAreCopiedWhereGPUsOutnumberHeads() throws {
    let qwen = try model("qwen3-30b-a3b")
    let work = LayerWork(layers: 0..<1, decode: decode(1, context: 1000))
    func read(_ gpus: Int) -> Double {
      qwen.demand(of: work, tensorParallel: gpus).reduce(0) { $0 + $1.traffic[.kvRead].value }
    }
    #expect(read(1) == 1000 * 2048 && read(4) == read(1) && read(8) == 2 * read(1))
  }

  @Test(arguments: deployments.indices) func extremeWorkHasAFinitePositiveCost(_ index: Int) throws {
    var model = try costModel(index)
    let layers = 0..<model.model.transformer.layerCount
    let huge = PrefillWork(tokens: 1 << 24, past: 1 << 26, window: model.model.transformer.window)
    for work in [
      LayerWork(layers: layers, prefill: huge, decode: decode(1 << 22, context: 1 << 50)),
      LayerWork(layers: 0..<1, prefill: PrefillWork(tokens: 1, past: 0, window: nil)),
      LayerWork(layers: layers, decode: decode(1 << 40, context: 1 << 41)),
    ] {
      let cost = model.cost(of: IterationWork(segments: [work], emittedTokens: work.decode.requests))
      #expect(cost.duration.value.isFinite && cost.duration > .zero)
      #expect(cost.energy.total.value.isFinite && cost.flops.value.isFinite && cost.traffic.memory.value.isFinite)
    }
  }

  @Test func sampledRoutingHasTheSameMeansAndRepeats() throws {
    var expected = try paperCostModel()
    var sampled = try paperCostModel(routing: .sampled(seed: 3))
    var again = try paperCostModel(routing: .sampled(seed: 3))
    let work = IterationWork(
      segments: [LayerWork(layers: 0..<48, decode: decode(16, context: 16_000))], emittedTokens: 16)
    var sum = IterationCost()
    for _ in 0..<40 {
      let cost = sampled.cost(of: work)
      #expect(again.cost(of: work) == cost)
      sum += cost
    }
    let mean = expected.cost(of: work)
    #expect((sum.traffic[.expertWeights].value / 40 / mean.traffic[.expertWeights].value - 1).magnitude < 0.01)
    #expect((sum.duration.value / 40 / mean.duration.value - 1).magnitude < 0.01)
    #expect((sum.flops.value / 40 / mean.flops.value - 1).magnitude < 1e-12)
  }
}
