import Base
import HardwareModels
import TestSupport
import Testing

/// DeepSeek's sizes as the table of arXiv:2507.15465 names them.
private let (heads, width, latent, rope, hidden) = (128.0, 128.0, 512.0, 64.0, 7168.0)

/// Operators of latent attention against that table: FLOP, and the bytes that it counts.
@Suite struct LatentAttentionTests {
  private func demand(_ work: LayerWork, gpus: Int = 1, _ variant: LatentVariant) throws -> [OperatorDemand] {
    try deepseek {
      $0.latent?.prefill = variant
      $0.latent?.decode = variant
    }.demand(of: work, tensorParallel: gpus)
  }

  private func named(_ name: String, in operators: [OperatorDemand]) throws -> OperatorDemand {
    try #require(operators.first { $0.name == name }, "\(operators.map(\.name))")
  }

  /// B requests with contexts of L tokens.
  private let requests = 32.0
  private let context = 4096.0
  private var decode: LayerWork {
    var work = DecodeWork()
    work.requests = Int(requests)
    work.contextTokens = Int(requests * context)
    return LayerWork(layers: 4..<5, decode: work)
  }

  @Test func absorbedDecodesAttendToTheLatent() throws {
    let operators = try demand(decode, .absorbed)
    let query = try named("decode query absorption", in: operators)
    #expect(query.flops == Flops(2 * requests * latent * heads * width))
    #expect(query.traffic[.denseWeights] == Bytes(2 * latent * heads * width))
    // The table's bytes are those of queries in the latent; before, they are `width` wide.
    #expect(query.traffic[.activations] == Bytes(2 * requests * latent * heads + 2 * requests * heads * width))
    let attention = try named("decode attention", in: operators)
    let keys = 2 * requests * heads * context * latent
    #expect(attention.flops == Flops(2 * keys + 2 * requests * heads * context * rope))
    // A fused kernel does not write the table's 2 B n L bytes of scores.
    #expect(attention.traffic[.kvRead] == Bytes(2 * requests * latent * context + 2 * requests * rope * context))
    #expect((attention.flops.value / attention.traffic.memory.value - 241.8).magnitude < 0.1)
    #expect(try named("decode value up-projection", in: operators).flops == query.flops)
  }

  @Test func plainDecodesDecompressTheirContext() throws {
    let operators = try demand(decode, .plain)
    let up = try named("decode kv up-projection", in: operators)
    #expect(up.flops == Flops(2 * 2 * requests * latent * context * heads * width))
    #expect(up.traffic[.activations] == Bytes(2 * 2 * requests * context * heads * width))
    #expect(up.traffic[.kvRead] == Bytes(2 * requests * context * latent))
    let attention = try named("decode attention", in: operators)
    let keys = 2 * requests * heads * context * width
    #expect(attention.flops == Flops(2 * keys + 2 * requests * heads * context * rope))
    #expect(attention.traffic[.activations] == Bytes(2 * keys))
    let intensity = attention.flops.value / attention.traffic.memory.value
    #expect((1.0...1.25).contains(intensity))
  }

  @Test func promptsDoHalfTheTablesSquare() throws {
    let prefill = LayerWork(layers: 4..<5, prefill: PrefillWork(tokens: 4096, past: 0, window: nil))
    let pairs = context * (context + 1) / 2
    let plain = try demand(prefill, .plain)
    let up = try named("prefill kv up-projection", in: plain)
    #expect(up.flops == Flops(2 * 2 * context * latent * heads * width))
    #expect(up.traffic[.activations] == Bytes(2 * 2 * context * heads * width))
    #expect(try named("prefill attention", in: plain).flops == Flops(2 * heads * pairs * (2 * width + rope)))
    let absorbed = try demand(prefill, .absorbed)
    let query = try named("prefill query absorption", in: absorbed)
    #expect(query.flops == Flops(2 * context * latent * heads * width))
    #expect(query.traffic[.activations] == Bytes(2 * (context * heads * width + context * heads * latent)))
    #expect(try named("prefill attention", in: absorbed).flops == Flops(2 * heads * pairs * (2 * latent + rope)))
  }

  @Test func theProjectionsAreThoseOfTheWeights() throws {
    let operators = try demand(decode, .absorbed)
    func flops(_ name: String) throws -> Double { try named(name, in: operators).flops.value / 2 / requests }
    #expect(try flops("latent down-projection") == hidden * (1536 + latent + rope))
    #expect(try flops("query up-projection") == 1536 * heads * (width + rope))
    #expect(try flops("output projection") == heads * width * hidden)
    #expect(try named("kv cache write", in: operators).traffic[.kvWrite] == Bytes(requests * 2 * (latent + rope)))
    let shared = try flops("shared gate and up projection") + flops("shared down projection")
    #expect(shared == 3 * hidden * 2048)
  }

  @Test func everyChunkDecompressesItsPastAgain() throws {
    func tokens(_ prefill: PrefillWork, _ variant: LatentVariant) throws -> Double {
      let name = variant == .plain ? "prefill kv up-projection" : "prefill query absorption"
      let operators = try demand(LayerWork(layers: 0..<1, prefill: prefill), variant)
      let products = variant == .plain ? 2.0 : 1
      return try named(name, in: operators).flops.value / (products * 2 * latent * heads * width)
    }
    let second = PrefillWork(tokens: 512, past: 512, window: nil)
    #expect(try tokens(second, .plain) == 1024 && tokens(second, .absorbed) == 512)
  }

  @Test func everyGPUHasACopyOfTheLatents() throws {
    func sum(_ gpus: Int, _ variant: LatentVariant, _ kind: TrafficClass) throws -> Double {
      try demand(decode, gpus: gpus, variant).reduce(0) { $0 + $1.traffic[kind].value }
    }
    for variant in LatentVariant.allCases {
      #expect(try sum(8, variant, .kvRead) == 8 * sum(1, variant, .kvRead))
      #expect(try sum(8, variant, .kvWrite) == 8 * sum(1, variant, .kvWrite))
    }
    for gpus in [8, 16] {
      let weights = try demand(decode, gpus: gpus, .absorbed).filter {
        $0.name != "router" && $0.name != "latent down-projection"
      }
      let whole = try demand(decode, .absorbed).filter { $0.name != "router" && $0.name != "latent down-projection" }
      func total(_ operators: [OperatorDemand]) -> Double {
        operators.reduce(0) { $0 + $1.traffic[.denseWeights].value }
      }
      #expect(total(weights) == total(whole))
    }
  }

  @Test func eachVariantTakesItsOwnTime() throws {
    let prefill = LayerWork(layers: 0..<61, prefill: PrefillWork(tokens: 4096, past: 0, window: nil))
    var all = decode
    all.layers = 0..<61
    func seconds(_ work: LayerWork, _ variant: LatentVariant) throws -> Double {
      let model = try deepseek {
        $0.latent?.prefill = variant
        $0.latent?.decode = variant
      }
      var cost = try RooflineCostModel(
        model: model, gpu: gpu("h200-sxm-141gb"), engine: engine("vllm-0.24-h200"), tensorParallel: 8)
      return cost.cost(of: IterationWork(segments: [work])).kernelTime.value
    }
    #expect(try seconds(all, .absorbed) < seconds(all, .plain) / 2)
    #expect(try seconds(prefill, .plain) < seconds(prefill, .absorbed))
  }

  @Test func anEngineWithoutLatentAttentionSaysSo() throws {
    func message(_ change: (inout EngineProfile) -> Void) -> String {
      sentence {
        var engine = try idealEngine()
        change(&engine)
        _ = try RooflineCostModel(model: deepseek(), gpu: unitGPU(), engine: engine, tensorParallel: 1)
      }
    }
    #expect(message { _ in } == "no error")
    #expect(
      message { $0.mlaDecodeAttention = nil }
        == "the engine profile ideal has no absorbed latent decode attention, which DeepSeek-V3 needs — it has: none")
    #expect(
      message { $0.mlaPrefillAttention.removeFirst() }
        == "the engine profile ideal has no plain latent prefill attention, which DeepSeek-V3 needs — it has: absorbed")
  }

  @Test func aSmallerCacheIsReadFaster() throws {
    for name in ["qwen3-8b", "deepseek-v3"] {
      func cost(_ format: CacheFormat) throws -> IterationCost {
        var model = try model(name)
        model.transformer.attention.cacheFormat = format
        var cost = try RooflineCostModel(
          model: model, gpu: gpu("h200-sxm-141gb"), engine: engine("vllm-0.24-h200"), tensorParallel: 1)
        var work = decode
        work.decode.requests = 4
        return cost.cost(of: IterationWork(segments: [work]))
      }
      let (full, half) = (try cost(.bf16), try cost(.fp8))
      #expect(
        full.traffic[.kvRead] == half.traffic[.kvRead] * 2 && full.traffic[.kvWrite] == half.traffic[.kvWrite] * 2)
      #expect(half.kernelTime < full.kernelTime && half.flops == full.flops)
    }
  }
}
