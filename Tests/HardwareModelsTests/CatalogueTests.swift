import Base
import HardwareModels
import TestSupport
import Testing

@Suite struct CatalogueTests {
  /// The key paths of all numbers below a node; the items of a list stand under the list's own path.
  private func numbers(_ node: ConfigNode, _ path: String = "") -> [String] {
    switch node.value {
    case .integer, .number: [path]
    case .array(let items): items.flatMap { numbers($0, path) }
    case .object(let members): members.flatMap { numbers($0.node, path.isEmpty ? $0.key : "\(path).\($0.key)") }
    default: []
    }
  }

  private func sources(_ root: ConfigNode) -> [ConfigNode.Member] {
    (root.member("sources") ?? root.member("lpsim")?.member("sources"))?.members ?? []
  }

  @Test(arguments: ["models", "gpus", "engines"]) func everyNumberHasASource(_ folder: String) throws {
    #expect(catalogue(folder).isEmpty == false)
    for name in catalogue(folder) {
      let root = try projectConfig("configs/\(folder)/\(name).json")
      let known = sources(root)
      for member in known { #expect(try member.node.string().count > 10, "\(name): \(member.key)") }
      for path in numbers(root) {
        let isCovered = known.contains { path == $0.key || path.hasPrefix("\($0.key).") || $0.key.isEmpty }
        let isOwn = known.contains { !$0.key.isEmpty && (path == $0.key || path.hasPrefix("\($0.key).")) }
        #expect(folder == "models" ? isCovered : isOwn, "\(name): \(path) has no source")
      }
    }
  }

  @Test func everyGPUAndEngineReads() throws {
    for name in ["a100-sxm-80gb", "b200-sxm-180gb", "h100-sxm-80gb", "h200-sxm-141gb", "rtxpro6000"] {
      #expect(try gpu(name).memory > Bytes(79e9) && gpu(name).power != nil)
    }
    for name in catalogue("gpus") { #expect(try gpu(name).memory > .zero) }
    for name in catalogue("engines") { #expect(try engine(name).name == name) }
  }

  @Test func aProfileThatExtendsAnotherHasWhatItDoesNotSay() throws {
    let own = try engine("layered-prefill-later")
    var base = try engine("layered-prefill-paper")
    #expect(own.hostTimePerIteration < base.hostTimePerIteration)
    (base.name, base.hostTimePerIteration) = (own.name, own.hostTimePerIteration)
    #expect(own == base)
  }

  @Test func ridgePointsAreThoseOfTheDataSheets() throws {
    // arXiv:2507.15465: A100 153.0, H200 206.2 FLOP/byte.
    let a100 = try #require(try gpu("a100-sxm-80gb").ridgePoint(for: .bf16))
    let h200 = try #require(try gpu("h200-sxm-141gb").ridgePoint(for: .mxfp4))
    #expect((a100.value - 153.0).magnitude < 0.1 && (h200.value - 206.2).magnitude < 0.1)
    #expect(try gpu("a100-sxm-80gb").ridgePoint(for: .fp8) == nil)
  }

  @Test func aWrongProfileIsOneSentence() throws {
    let root = try projectConfig("configs/engines/vllm-0.24-h100.json")
    func message(_ key: String, _ value: String) throws -> String {
      let changed = try root.setting(key, to: ConfigNode(argument: value, option: "--set"))
      return sentence { _ = try EngineProfile(reading: changed) }
    }
    #expect(
      try message("decodeAttention.bandwidthEfficiency", "1.2")
        == "--set: decodeAttention.bandwidthEfficiency: 1.2 is out of range; expected above 0, up to 1.0")
    #expect(
      try message("cudaGraphs.decodeBatchSizes", "[2, 1]")
        == "--set: line 1, column 1: cudaGraphs.decodeBatchSizes: the sizes are not ascending")
    let step = #"[{"format": "bf16", "steps": [[1, 16, 1], STEP]}]"#
    for (wrong, refusal) in [
      ("[1, 32, 1]", "steps: the steps do not ascend from one token on"),
      ("[9, 24, 1]", "steps[1][1]: a tile height is 24; expected a power of two"),
      ("[9, 32]", "steps[1]: 2 values; expected [tokens, rows, group]"),
    ] {
      let found = try message("expertTilings", step.replacingLast("STEP", with: wrong))
      #expect(found.hasSuffix("expertTilings[0].\(refusal)"), "\(found)")
    }
    #expect(
      try message("experts[0].correction", "[[4, 1], [2, 1]]").hasSuffix("correction: the tokens are not ascending"))
    #expect(try message("elementwise.startSecond", "0").contains("did you mean \"startSeconds\"?"))
  }

  @Test func whatADataSheetDoesNotKnowIsNull() throws {
    let root = try projectConfig("configs/gpus/h100-sxm-80gb.json")
    let null = try ConfigNode(argument: "null", option: "--set")
    let bare = try GPU(
      reading: root.setting("power", to: null).setting("linkBandwidthBytesPerSecond", to: null))
    #expect(bare.power == nil && bare.linkBandwidth == nil)
    #expect(
      sentence { _ = try GPU(reading: root.removing("power")) }.hasSuffix(": the key \"power\" is missing"))
  }

  @Test func formsForManyRowsFollowTheOneForAny() throws {
    let root = try projectConfig("configs/engines/lpk-cpu.json")
    let forms = try #require(root.member("matrixProducts")).elements()
    let turned = try root.setting(
      "matrixProducts", to: ConfigNode(.array(forms.reversed()), source: .init(file: "a.json")))
    #expect(
      sentence { _ = try EngineProfile(reading: turned) }
        .hasSuffix("the forms of bf16 do not stand by ascending fromRows, the first without"))
  }

  @Test func whatDoesNotFitTogetherIsOneSentence() throws {
    func message(_ name: String, _ gpuName: String, _ engineName: String, _ gpus: Int) -> String {
      sentence {
        _ = try RooflineCostModel(
          model: model(name), gpu: gpu(gpuName), engine: engine(engineName), tensorParallel: gpus)
      }
    }
    #expect(
      message("qwen3-30b-a3b", "h100-sxm-80gb", "vllm-0.24-h100", 3)
        == "tensor parallelism over 3 GPUs does not divide Qwen3-30B-A3B evenly — these do: 1, 2, 4, 8, 16, 32")
    #expect(
      message("qwen3-30b-a3b", "h100-sxm-80gb", "vllm-0.24-h100", 16)
        == "the engine profile vllm-0.24-h100 has no all-reduce over 16 GPUs — it has: 2, 4, 8")
    #expect(
      message("gpt-oss-20b-mxfp4", "h100-sxm-80gb", "layered-prefill-paper", 2)
        == "the engine profile layered-prefill-paper has no expert kernel for mxfp4 — it has: bf16")
  }

  @Test func aGPUWithoutAFormatSaysSo() throws {
    let json = huggingFaceFiles[3].json.replacingLast(
      "}", with: ", \"quantization_config\": {\"quant_method\": \"fp8\"}}")
    let eight = try Model(reading: config(json))
    let found = sentence {
      _ = try RooflineCostModel(
        model: eight, gpu: gpu("a100-sxm-80gb"), engine: engine("vllm-0.24-h100"), tensorParallel: 1)
    }
    #expect(found == "the GPU A100 SXM 80 GB does not multiply fp8, which Qwen3ForCausalLM needs")
  }
}
