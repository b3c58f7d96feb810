import Base
import HardwareModels
import RealKernels
import Sim
import TestSupport
import Traces

/// Five layers of six small experts, two to a token; the second and fourth layer see a window if one is given.
func smallModel(window: Int? = nil, grain: Int = 1, headDim: Int = 8, hasHeadNorms: Bool = true) -> Model {
  let experts = Transformer.Experts(count: 6, topK: 2, intermediate: 16)
  var attention = Transformer.Attention(heads: 4, kvHeads: 2, headDim: headDim)
  attention.hasQueryKeyNorm = hasHeadNorms
  let transformer = Transformer(
    hidden: 24, vocabulary: 96, tiesEmbedding: false, attention: attention, experts: experts,
    windowedLayers: (0..<5).map { window != nil && $0 % 2 == 1 }, window: window)
  return Model(
    name: "small", architecture: "SmallForCausalLM", transformer: transformer, routing: ExpertRouting(uniform: experts))
}

/// What came out of a run: the words and logits of each request, the token of each entry by its place in the answer.
struct Answers {
  /// By request and place; a token that is computed again does not come out again.
  var logits: [[[Float]]]
  var summary = RunSummary()

  var words: [[Int]] {
    logits.map { answer in answer.map { row in row.indices.reduce(0) { row[$1] > row[$0] ? $1 : $0 } } }
  }
}

/// Hears logits. A class, because the executor that it listens to is copied into the simulation.
private final class LogitLog {
  var logits: [[[Float]]]
  init(_ count: Int) { logits = [[[Float]]](repeating: [], count: count) }
}

/// Serves requests for real under a policy.
func answers(
  to trace: [TraceRequest], from real: RealTransformer, under policy: any SchedulingPolicy, blocks: Int = 10_000,
  seed: UInt64
) throws -> Answers {
  let log = LogitLog(trace.count)
  var executor = try TransformerExecutor(real, maxModelLen: 256, seed: seed)
  executor.onLogits = { log.logits[$0.number].append($1) }
  var simulation = Simulation(
    of: ScriptedSource(trace),
    on: tinyServer(
      layers: real.model.transformer.layerCount, maxModelLen: 256, blocks: blocks,
      window: real.model.transformer.window, under: policy),
    costModel: UnitCostModel(), executor: executor)
  let summary = try simulation.run()
  return Answers(logits: log.logits, summary: summary)
}

/// A few random requests that are all there at once or soon after.
func smallTrace(seed: UInt64, count: Int = 5) -> [TraceRequest] {
  var random = SeededRandom(seed: seed, stream: "small trace")
  return (0..<count).map { index in
    .at(Double(index) * 1e-4, prompt: random.integer(1...70), output: random.integer(1...6))
  }
}
