import Base
import HardwareModels
import TestSupport
import Testing

/// Layers that are not alike.
@Suite struct LayerKindTests {
  @Test func everyModelHasItsExpertsWhereItSays() throws {
    func sparse(_ name: String) throws -> [Int] {
      let layers = try model(name).transformer.sparseLayers
      return layers.indices.filter { layers[$0] }
    }
    #expect(try sparse("deepseek-v3") == Array(3..<61))
    #expect(try sparse("llama-4-maverick") == Array(stride(from: 1, to: 48, by: 2)))
    #expect(try sparse("qwen3-235b-a22b") == Array(0..<94) && sparse("gpt-3-175b") == [])
    let maverick = try model("llama-4-maverick").transformer
    #expect(maverick.windowedLayerCount == 36 && !maverick.windowedLayers[3] && maverick.window == 8192)
  }

  @Test func stepsAndListsOfDenseLayersAreRead() throws {
    let json = huggingFaceFiles[0].json.replacingLast("\"decoder_sparse_step\": 1", with: "\"decoder_sparse_step\": 2")
      .replacingLast("\"mlp_only_layers\": []", with: "\"mlp_only_layers\": [1, 2]")
    let read = try Model(reading: config(json)).transformer
    #expect(read.sparseLayers.prefix(6) == [false, false, false, true, false, true])
    #expect(read.dense == Transformer.Dense(intermediate: 6144))
    let whole = try Model(reading: config(huggingFaceFiles[0].json)).transformer
    #expect(whole.dense == nil && whole.parameterCount > read.parameterCount)
  }

  @Test(arguments: ["deepseek-v3", "llama-4-maverick", "gpt-oss-120b"])
  func whatRandomRangesDoAddsUpToTheWhole(_ name: String) throws {
    let it = try model(name)
    let count = it.transformer.layerCount
    let prefill = PrefillWork(tokens: 3000, past: 9000, window: it.transformer.window)
    func sums(_ layers: Range<Int>) -> [Double] {
      let operators = it.demand(of: LayerWork(layers: layers, prefill: prefill), tensorParallel: 2)
      func sum(_ value: (OperatorDemand) -> Double) -> Double {
        operators.reduce(0) { $0 + value($1) * Double($1.layers) }
      }
      let named = ["router", "experts", "gate and up projection", "attention norm"].map { name in
        sum { $0.name == name ? 1 : 0 }
      }
      return named + [sum { $0.flops.value }] + TrafficClass.allCases.map { kind in sum { $0.traffic[kind].value } }
    }
    let whole = sums(0..<count)
    #expect(whole[0] == Double(it.transformer.sparseLayerCount) && whole[1] == whole[0])
    #expect(whole[0] + whole[2] == Double(count) && whole[3] == Double(count))
    var random = SeededRandom(seed: 1, stream: "cuts")
    for _ in 0..<20 {
      let cuts = [0, Int(random.uniform() * Double(count)), Int(random.uniform() * Double(count)), count].sorted()
      let parts = zip(cuts, cuts.dropFirst()).map { sums($0..<$1) }
      for (index, sum) in whole.enumerated() {
        #expect((parts.reduce(0) { $0 + $1[index] } - sum).magnitude <= 1e-12 * sum, "\(cuts) \(index)")
      }
    }
  }

  @Test func aModelOfOneKindOfLayerIsWorthItsLayers() throws {
    // Half the layers of a mixed model cost what a model of that half costs: the kinds are priced apart.
    let mixed = try model("deepseek-v3")
    var dense = mixed
    dense.transformer.sparseLayers = mixed.transformer.sparseLayers.map { _ in false }
    func seconds(_ model: Model, _ layers: Range<Int>) throws -> Double {
      var cost = try RooflineCostModel(
        model: model, gpu: gpu("h200-sxm-141gb"), engine: engine("vllm-0.24-h200"), tensorParallel: 8)
      let work = LayerWork(layers: layers, prefill: PrefillWork(tokens: 3000, past: 0, window: nil))
      return cost.cost(of: IterationWork(segments: [work])).kernelTime.value
    }
    let (whole, three, rest) = (
      try seconds(mixed, 0..<10), try seconds(dense, 0..<3), try seconds(mixed, 3..<10)
    )
    // The embedding stands in what begins with layer 0.
    #expect(((three + rest) / whole - 1).magnitude < 1e-9)
  }

  @Test func sampledRoutingDrawsForSparseLayersOnly() throws {
    let mixed = try model("deepseek-v3")
    func cost(_ routing: RoutingMode) throws -> IterationCost {
      var cost = try RooflineCostModel(
        model: mixed, gpu: gpu("h200-sxm-141gb"), engine: engine("vllm-0.24-h200"), tensorParallel: 8, routing: routing)
      var work = DecodeWork()
      work.requests = 8
      work.contextTokens = 8000
      var sum = IterationCost()
      for _ in 0..<20 { sum += cost.cost(of: IterationWork(segments: [LayerWork(layers: 0..<61, decode: work)])) }
      return sum
    }
    let (expected, sampled) = (try cost(.expected), try cost(.sampled(seed: 5)))
    #expect((sampled.flops.value / expected.flops.value - 1).magnitude < 1e-12)
    #expect((sampled.duration.value / expected.duration.value - 1).magnitude < 0.01)
    #expect(sampled.traffic[.expertWeights] != expected.traffic[.expertWeights])
  }
}

/// Files of architectures whose layers are not alike, with something wrong in them.
@Suite struct NewArchitectureTests {
  private func message(_ name: String, _ key: String, _ value: String) -> String {
    sentence {
      let file = try ConfigLibrary(roots: [projectFile("configs")]).load(name, .model)
      _ = try Model(reading: file.setting(key, to: ConfigNode(argument: value, option: "--set")))
    }
  }

  @Test(arguments: [
    (
      "deepseek-v3", "first_k_dense_replace", "61",
      "first_k_dense_replace: 61 is out of range; expected 0…60, num_hidden_layers - 1"
    ),
    ("deepseek-v3", "kv_lora_rank", "0", "kv_lora_rank: 0 is out of range; expected 1…65536"),
    ("deepseek-v3", "v_head_dim", "127", "v_head_dim: the widths of a head's key and value do not have a whole mean"),
    (
      "deepseek-v3", "num_experts_per_tok", "300",
      "num_experts_per_tok: 300 is out of range; expected 1…256, n_routed_experts"
    ),
    (
      "llama-4-maverick", "text_config.no_rope_layers", "[1]",
      "text_config.no_rope_layers: 1 layers are marked; expected 48, num_hidden_layers"
    ),
    (
      "llama-4-maverick", "text_config.moe_layers", "[48]",
      "text_config.moe_layers[0]: 48 is out of range; expected 0…47, num_hidden_layers"
    ),
    ("gpt-3-175b", "n_head", "97", "n_head: 97 heads do not divide n_embd, 12288"),
    (
      "qwen3-8b", "quantization_config", "{\"quant_method\": \"awq\", \"bits\": 8, \"group_size\": 128}",
      "quantization_config.bits: 8 is out of range; expected 4…4"
    ),
    (
      "qwen3-8b", "quantization_config", "{\"quant_method\": \"mxfp4\"}",
      "quantisation \"mxfp4\" is not modelled for this architecture; expected \"fp8\" or \"awq\" or \"gptq\""
    ),
    (
      "qwen3-30b-a3b-fp8", "lpsim.activationType", "\"fp6\"",
      "lpsim.activationType: no type of activations \"fp6\" — did you mean \"fp8\"?"
    ),
  ])
  func aWrongValueIsOneSentence(_ name: String, _ key: String, _ value: String, _ expected: String) {
    let found = message(name, key, value)
    #expect(found.hasSuffix(": \(expected)"), "\(found)")
  }

  @Test func queriesNeedNotBeCompressed() throws {
    let file = try ConfigLibrary(roots: [projectFile("configs")]).load("deepseek-v3", .model)
    let null = try ConfigNode(argument: "null", option: "--set")
    let read = try Model(reading: file.setting("q_lora_rank", to: null)).transformer
    let whole = try model("deepseek-v3").transformer
    // 7168 x 128 x 192 in the place of 1536 x (7168 + 128 x 192) and a norm, in 61 layers.
    let (direct, compressed) = (7168.0 * 128 * 192, 1536.0 * (7168 + 128 * 192 + 1))
    #expect(read.parameterCount - whole.parameterCount == 61 * (direct - compressed))
  }

  @Test func fourBitWeightsWeighTheirScales() throws {
    let file = try ConfigLibrary(roots: [projectFile("configs")]).load("llama-3.1-70b", .model)
    let awq = try ConfigNode(
      argument: "{\"quant_method\": \"awq\", \"bits\": 4, \"group_size\": 128}", option: "--set")
    let read = try Model(reading: file.setting("quantization_config", to: awq))
    // 68.45 billion weights at (4 + (16 + 4) / 128) bits, and embedding, LM head and norms in BF16.
    let matrices = 80.0 * (8192 * (64 + 16 + 64) * 128 + 3 * 8192 * 28672)
    let rest = 2 * 128256.0 * 8192 + 161 * 8192
    #expect(read.transformer.weightBytes == Bytes(matrices * (4 + 20.0 / 128) / 8 + 2 * rest))
    let found = sentence {
      _ = try RooflineCostModel(
        model: read, gpu: gpu("h100-sxm-80gb"), engine: engine("vllm-0.24-h100"), tensorParallel: 1)
    }
    #expect(found == "the engine profile vllm-0.24-h100 has no matrix product for int4 — it has: bf16, fp8")
  }
}
