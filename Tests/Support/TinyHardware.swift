import Base
import HardwareModels

/// A model small enough to count by hand: 4 layers, hidden 2, one head of width 2, 4 experts of width 1 of which a token
/// uses 2, 2 words, BF16, all experts equally popular. An expert has 6 weights (12 bytes), a token leaves 8 bytes of keys
/// and values in each layer.
public let tinyModel = makeTinyModel(layers: 4)

/// The same with any number of layers; those in `windowed` see only the last `window` tokens.
public func makeTinyModel(layers: Int, windowed: Range<Int> = 0..<0, window: Int? = nil) -> Model {
  let experts = Transformer.Experts(count: 4, topK: 2, intermediate: 1)
  let transformer = Transformer(
    hidden: 2, vocabulary: 2, tiesEmbedding: false, attention: Transformer.Attention(heads: 1, kvHeads: 1, headDim: 2),
    experts: experts, windowedLayers: (0..<layers).map { windowed.contains($0) }, window: window)
  return Model(
    name: "tiny", architecture: "TinyForCausalLM", transformer: transformer, routing: ExpertRouting(uniform: experts))
}

/// A GPU that does 1 FLOP and moves 1 byte a second, and draws 1 W waiting, 2 W working and nothing for each operation
/// and byte. It has 1 MB of memory.
public func unitGPU() throws -> GPU {
  try GPU(
    reading: config(
      """
      {"name": "unit", "peakFlopsPerSecond": {"bf16": 1, "fp8": 2}, "memoryBandwidthBytesPerSecond": 1,
       "memoryBytes": 1000000, "linkBandwidthBytesPerSecond": 1,
       "power": {"tdpWatts": 3, "capShareOfTDP": 1, "idleWatts": 1, "busyWatts": 2, "randomSamplingWatts": 2, "joulesPerFlop": 0,
                 "joulesPerWeightByte": 0, "joulesPerKVByte": 0, "joulesPerActivationByte": 0, "joulesPerLinkByte": 0}}
      """))
}

/// An engine that reaches every peak, starts kernels in no time, hides the shorter of arithmetic and memory behind the
/// longer (p = 100; in prefill attention they add up) and wastes nothing on the host. It has all-reduces over 2, 4 and 8
/// GPUs, and forms for every format.
public func idealEngine() throws -> EngineProfile {
  func each(_ entry: String) -> String {
    NumberFormat.allCases.map { "{\"format\": \"\($0.rawValue)\", \(entry)}" }.joined(separator: ", ")
  }
  let ideal = #""startSeconds": 0, "flopEfficiency": 1, "bandwidthEfficiency": 1, "overlapExponent": 100"#
  let experts = ideal + #", "activationEfficiency": 1, "rereadShare": 0, "tileRows": [8, 8]"#
  let latent = LatentVariant.allCases.map {
    """
    {"variant": "\($0.rawValue)", "startSeconds": 0, "flopEfficiency": 1, "bandwidthEfficiency": 1,
     "secondsPerContextToken": 0}
    """
  }.joined(separator: ", ")
  let allReduces = [2, 4, 8].map {
    "{\"gpus\": \($0), \"startSeconds\": 0, \"bytesPerSecond\": 1, \"secondsPerRootMegabyte\": 0}"
  }
  return try EngineProfile(
    reading: config(
      """
      {"name": "ideal", "measuredOn": ["unit"], "hostSecondsPerIteration": 0, "hostSecondsPerRequest": 0,
       "randomSamplingSecondsPerRequest": 0,
       "cudaGraphs": {"decodeBatchSizes": [], "mixedTokenCounts": []}, "launchSecondsPerEagerLayer": 0,
       "keepsFullKVInWindowedLayers": true, "reservedBytes": 0,
       "matrixProducts": [\(each(ideal))], "experts": [\(each(experts))],
       "decodeAttention": {"startSeconds": 0, "bandwidthEfficiency": 1, "secondsPerRequestAndHead": 0,
                           "overlapExponent": 100},
       "prefillAttention": {"startSeconds": 0, "maskedTokens": 0, "bandwidthEfficiency": 1,
                            "flopEfficiencies": [{"headDim": 128, "flopEfficiency": 1}]},
       "mlaDecodeAttention": {"startSeconds": 0, "bandwidthEfficiency": 1, "flopEfficiency": 1, "leastHeads": 1,
                              "overlapExponent": 100},
       "mlaPrefillAttention": [\(latent)],
       "allReduces": [\(allReduces.joined(separator: ", "))],
       "elementwise": {"startSeconds": 0, "bandwidthEfficiency": 1}}
      """))
}

/// The tiny model on one unit GPU under the ideal engine.
public func tinyCostModel(_ model: Model = tinyModel) throws -> RooflineCostModel {
  try RooflineCostModel(model: model, gpu: unitGPU(), engine: idealEngine(), tensorParallel: 1)
}
