import Base
import HardwareModels
import TestSupport

/// A model of `configs/models`.
func model(_ name: String) throws -> Model { try Model(reading: catalogued(name, .model)) }

private func catalogued(_ name: String, _ kind: ConfigLibrary.Kind) throws -> ConfigNode {
  try ConfigLibrary(roots: [projectFile("configs")]).load(name, kind)
}

/// DeepSeek-V3 in BF16, some of its choices changed.
func deepseek(_ change: (inout Transformer.Attention) -> Void = { _ in }) throws -> Model {
  let bf16 = try ConfigNode(argument: "null", option: "--set")
  var model = try Model(reading: catalogued("deepseek-v3", .model).setting("quantization_config", to: bf16))
  change(&model.transformer.attention)
  return model
}

/// A GPU of `configs/gpus`.
func gpu(_ name: String) throws -> GPU { try GPU(reading: projectConfig("configs/gpus/\(name).json")) }

/// A profile of `configs/engines`.
func engine(_ name: String) throws -> EngineProfile {
  try EngineProfile(reading: catalogued(name, .engine))
}

/// Names of the JSON files in a folder of `configs`.
func catalogue(_ folder: String) -> [String] { names(in: projectFile("configs/\(folder)"), endingIn: ".json") }

/// The layered-prefill paper's set-up.
func paperCostModel(routing: RoutingMode = .expected) throws -> RooflineCostModel {
  try RooflineCostModel(
    model: model("qwen3-30b-a3b"), gpu: gpu("h100-sxm-80gb"), engine: engine("layered-prefill-paper"),
    tensorParallel: 2, routing: routing)
}

/// The sentence that a wrong input gives.
func sentence(_ body: () throws -> Void) -> String {
  do {
    try body()
    return "no error"
  } catch { return "\(error)" }
}

/// Random legal work on a number of layers: the same decodes everywhere, prefill in some run of layers.
func randomWork(layers: Int, window: Int?, from random: inout SeededRandom) -> IterationWork {
  func number(_ bound: Int) -> Int { Int(random.uniform() * Double(bound + 1)) }
  var decode = DecodeWork()
  decode.requests = number(1) * number(300)
  decode.contextTokens = decode.requests * (1 + number(20_000))
  decode.windowedContextTokens = min(decode.contextTokens, decode.requests * (window ?? decode.contextTokens))
  let prefill = PrefillWork(tokens: 1 + number(9_000), past: number(1) * number(30_000), window: window)
  let first = number(layers - 1)
  let end = first + 1 + number(layers - first - 1)
  let segments = [
    LayerWork(layers: 0..<first, decode: decode), LayerWork(layers: first..<end, prefill: prefill, decode: decode),
    LayerWork(layers: end..<layers, decode: decode),
  ]
  return IterationWork(
    segments: segments.filter { !$0.layers.isEmpty }, emittedTokens: decode.requests + (end == layers ? 1 : 0))
}
