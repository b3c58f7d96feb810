import Base
import HardwareModels
import TestSupport
import Testing

@Suite struct ModelTests {
  /// Published parameter counts: Qwen3 technical report, GPT-OSS, Llama 3.1 and Llama 4 model cards, arXiv:2401.04088,
  /// arXiv:2412.19437, arXiv:2005.14165.
  @Test(arguments: [
    ("qwen3-30b-a3b", 30.5e9), ("qwen3-30b-a3b-fp8", 30.5e9), ("gpt-oss-20b", 20.9e9), ("gpt-oss-20b-mxfp4", 20.9e9),
    ("mixtral-8x7b", 46.7e9), ("qwen3-8b", 8.19e9), ("llama-3.1-8b", 8.03e9), ("llama-3.1-70b", 70.6e9),
    ("deepseek-v3", 671e9), ("deepseek-r1", 671e9), ("qwen3-235b-a22b", 235e9), ("gpt-oss-120b", 116.8e9),
    ("llama-4-maverick", 400e9), ("gpt-3-175b", 175e9),
  ])
  func parametersAddUpToThePublishedNumber(_ name: String, _ published: Double) throws {
    #expect((try model(name).transformer.parameterCount / published - 1).magnitude < 0.01)
  }

  /// The same sources; GPT-OSS counts the weights of its embedding only once, and where it is the LM head.
  @Test(arguments: [
    ("deepseek-v3", 37e9), ("qwen3-235b-a22b", 22e9), ("qwen3-30b-a3b", 3.3e9), ("llama-4-maverick", 17e9),
    ("mixtral-8x7b", 12.9e9), ("llama-3.1-70b", 70.6e9),
  ])
  func aTokenMeetsThePublishedNumberOfWeights(_ name: String, _ published: Double) throws {
    #expect((try model(name).transformer.activeParameterCount / published - 1).magnitude < 0.025)
  }

  @Test func aTokenLeavesWhatTheSecondStudySays() throws {
    // arXiv:2507.15465: 68.6 KB and 4.5 MB, binary. Llama-4-Maverick is said to have 2.84 times R1's; its published sizes
    // give 2 x 8 x 128 x 2 x 48 bytes, 2.80 times.
    #expect(try model("deepseek-r1").transformer.kvBytesPerToken == Bytes(576 * 61 * 2))
    #expect(try model("gpt-3-175b").transformer.kvBytesPerToken == Bytes(4.5 * 1024 * 1024))
    #expect(try model("llama-4-maverick").transformer.kvBytesPerToken == Bytes(196_608))
    var eight = try model("deepseek-r1").transformer
    eight.attention.cacheFormat = .fp8
    #expect(eight.kvBytesPerToken == Bytes(576 * 61))
  }

  @Test func everyModelReads() throws {
    #expect(catalogue("models").count == 15)
    for name in catalogue("models") { #expect(try model(name).name.isEmpty == false) }
  }

  @Test func expertsAndCachesAreAsLargeAsThePaperSays() throws {
    let qwen = try model("qwen3-30b-a3b").transformer
    #expect(qwen.expertBytes == Bytes(9_437_184))
    #expect(qwen.kvBytesPerToken == Bytes(98_304))
    let oss = try model("gpt-oss-20b").transformer
    #expect(oss.expertBytes == Bytes(49_766_400))
    #expect(oss.kvBytesPerToken == Bytes(49_152))
    #expect(oss.windowedLayerCount == 12)
  }

  @Test func mxfp4WeighsWhatThePublishedFileWeighs() throws {
    // openai/gpt-oss-20b: 12.8 GiB of weights (model card).
    let bytes = try model("gpt-oss-20b-mxfp4").transformer.weightBytes.value
    #expect((bytes / 13.76e9 - 1).magnitude < 0.01)
  }

  @Test func huggingFaceFilesReadUnchanged() throws {
    for file in huggingFaceFiles {
      let read = try Model(reading: config(file.json))
      let ours = try model(file.ours)
      #expect(read.transformer == ours.transformer, "\(file.ours)")
      #expect(read.architecture == ours.architecture)
    }
  }

  @Test func withoutRoutingExpertsAreUniform() throws {
    let read = try Model(reading: config(huggingFaceFiles[0].json))
    let experts = try #require(read.transformer.experts)
    #expect(read.routing == ExpertRouting(uniform: experts))
    let base = try projectConfig("configs/bases/routing.json")
    let completed = try Model(reading: config(huggingFaceFiles[0].json).completed(from: base))
    #expect(completed.routing == (try model("qwen3-30b-a3b").routing))
  }

  @Test func theEightBitModelIsHalfAsHeavy() throws {
    let json = huggingFaceFiles[0].json.replacingLast(
      "}", with: ", \"quantization_config\": {\"quant_method\": \"fp8\"}}")
    let read = try Model(reading: config(json)).transformer
    #expect(read.experts?.format == .fp8 && read.attention.format == .fp8)
    #expect(read.expertBytes == Bytes(9_437_184 / 2))
  }

  @Test(arguments: [
    (
      "Qwen3MoeForCausalLM", "Qwen3MoeForCausalML",
      "architectures[0]: no architecture \"Qwen3MoeForCausalML\" — did you mean \"Qwen3MoeForCausalLM\"?"
    ),
    (
      "\"hidden_size\": 2048", "\"hiden_size\": 2048",
      "the key \"hidden_size\" is missing — is \"hiden_size\" meant to be it?"
    ),
    (
      "\"num_key_value_heads\": 4", "\"num_key_value_heads\": 5",
      "num_key_value_heads: 5 does not divide num_attention_heads, 32"
    ),
    (
      "\"num_experts_per_tok\": 8", "\"num_experts_per_tok\": 129",
      "num_experts_per_tok: 129 is out of range; expected 1…128, num_experts"
    ),
    (
      "\"decoder_sparse_step\": 1", "\"decoder_sparse_step\": 0",
      "decoder_sparse_step: 0 is out of range; expected 1…48, num_hidden_layers"
    ),
    (
      "\"mlp_only_layers\": []", "\"mlp_only_layers\": [48]",
      "mlp_only_layers[0]: 48 is out of range; expected 0…47, num_hidden_layers"
    ),
    ("bfloat16", "float32", "torch_dtype: \"float32\" is not modelled; expected \"bfloat16\" or \"float16\""),
  ])
  func aWrongModelIsOneSentence(_ right: String, _ wrong: String, _ expected: String) {
    let json = huggingFaceFiles[0].json.replacingLast(right, with: wrong)
    let found = sentence { _ = try Model(reading: config(json)) }
    #expect(found.hasSuffix(": \(expected)"), "\(found)")
  }
}

extension String {
  /// This text with the last place where `old` stands replaced.
  func replacingLast(_ old: String, with new: String) -> String {
    let text = Array(utf8)
    let part = Array(old.utf8)
    let places = (0...text.count - part.count).filter { text[$0..<$0 + part.count].elementsEqual(part) }
    guard let place = places.last else { return self }
    return String(decoding: text[..<place] + Array(new.utf8) + text[(place + part.count)...], as: UTF8.self)
  }
}
