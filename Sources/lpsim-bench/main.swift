import Base
import HardwareModels
import Sim
import Traces

struct Flat: CostModel {
  var idlePower: Watts { Watts(1.0) }
  mutating func cost(of work: IterationWork) -> IterationCost {
    var c = IterationCost()
    var t = 0.004
    for s in work.segments {
      t += Double(s.layers.count) / 48 * (0.006 + 0.00003 * Double(s.prefill.tokens) + 0.0001 * Double(s.decode.requests))
    }
    c.duration = Seconds(t)
    return c
  }
}
struct Synth: RequestSource {
  var r = SeededRandom(seed: 1, stream: "x")
  var n: Int
  var t = 0.0
  mutating func next() throws -> TraceRequest? {
    if n == 0 { return nil }
    n -= 1
    t += 0.25 * 2 * r.uniform()
    return TraceRequest(arrival: .seconds(t), promptTokens: 1 + Int(r.uniform() * 4600), outputTokens: 1 + Int(r.uniform() * 870))
  }
}
let n = Int(CommandLine.arguments.dropFirst().first ?? "100000") ?? 0
for name in ["chunked", "layered", "orca", "static"] {
  let settings = try ConfigNode(
    parsing: [
      "chunked": #"{"tokenBudget":512}"#, "layered": #"{"cohortTokens":8192,"maxGroups":16,"groupRule":"table"}"#,
      "orca": #"{"tokenBudget":32768}"#, "static": #"{"batchSize":256,"tokenBudget":32768}"#,
    ][name]!, file: "x")
  let server = Simulation.Server(
    limits: ReplicaLimits(layerCount: 48, maxRequests: 256, maxModelLen: 32768, blockCount: 40000, tokensPerBlock: 16),
    attentionWindow: nil, gpuCount: 2,
    serviceLevel: ServiceLevel(timeToFirstToken: .seconds(5), timeBetweenTokens: .seconds(0.125)))
  let clock = ContinuousClock()
  var s = RunSummary()
  let d = try clock.measure {
    var sim = Simulation(
      of: Synth(n: n), on: server, policy: try makePolicy(name, settings: settings, layerCount: 48), costModel: Flat())
    s = try sim.run()
  }
  let sec = Double(d.components.attoseconds) * 1e-18 + Double(d.components.seconds)
  print(name, s.requestsCompleted, s.iterations, sec, Double(s.iterations) / sec / 1e6, "M it/s", "batch", s.decodedTokens / max(1, s.decodeIterations), "ttft", s.timeToFirstToken.mean!.value, "p99tbt", s.timeBetweenTokens.percentile(99)!.value)
}
