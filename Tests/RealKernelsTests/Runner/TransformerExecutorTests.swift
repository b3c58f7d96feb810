import Base
import HardwareModels
import RealKernels
import Sim
import TestSupport
import Testing
import Traces

/// Sees what iterations cost.
private final class CostLog: Recorder {
  let detail = RecordDetail.iterations
  var iterations: [IterationRecord] = []
  func record(_ request: RequestRecord) {}
  func record(_ iteration: IterationRecord) { iterations.append(iteration) }
}

@Suite(.enabled(if: !machines.isEmpty, "\(notBuilt)")) struct TransformerExecutorTests {
  /// A model whose sizes all kernels take.
  private func model(_ machine: Machine) -> Model { smallModel(headDim: machine.backend == .cuda ? 32 : 8) }

  @Test(arguments: machines) func aRealRunServesEveryRequest(_ machine: Machine) throws {
    let real = try RealTransformer(model(machine), on: machine.open(threads: 2), seed: 1)
    let trace = [TraceRequest.at(0, prompt: 9, output: 3), .at(0, prompt: 5, output: 4)]
    let log = CostLog()
    var simulation = Simulation(
      of: ScriptedSource(trace), on: tinyServer(layers: 5, maxModelLen: 32, under: ChunkedPrefill(tokenBudget: 6)),
      costModel: UnitCostModel(), executor: try TransformerExecutor(real, maxModelLen: 32, seed: 1), recorder: log)
    let summary = try simulation.run()
    #expect(summary.requestsCompleted == 2 && summary.outputTokens == 7)
    #expect(summary.work.duration >= summary.work.kernelTime && summary.work.kernelTime > .zero)
    #expect(summary.work.energy.isMetered == false)
    for iteration in log.iterations {
      let tokens = iteration.decodes + iteration.prefillTokenLayers / 5
      let experts = iteration.cost.traffic[.expertWeights] / real.expertBytes
      #expect((Double(5 * 2)...Double(5 * min(6, 2 * tokens))).contains(experts))
    }
  }

  @Test(arguments: machines) func aLoneTokenTouchesItsExpertsOnceALayer(_ machine: Machine) throws {
    let real = try RealTransformer(model(machine), on: machine.open(threads: 2), seed: 2)
    let summary = try answers(
      to: [.at(0, prompt: 1, output: 4)], from: real, under: Orca(tokenBudget: 8), seed: 1
    ).summary
    #expect(summary.iterations == 4)
    #expect(summary.work.traffic[.expertWeights] == real.expertBytes * Double(4 * 5 * 2))
  }

  @Test(arguments: machines) func modelsWithoutKernelsAreRefused(_ machine: Machine) throws {
    var withSinks = model(machine)
    withSinks.transformer.attention.hasSinks = true
    var dense = model(machine)
    dense.transformer.experts = nil
    dense.routing = nil
    var latent = model(machine)
    latent.transformer.attention.latent = Transformer.Latent(
      queryRank: nil, rank: 8, plainDim: 8, rotaryDim: 8, valueDim: 8)
    var shared = model(machine)
    shared.transformer.experts?.sharedIntermediate = 16
    var small = model(machine)
    small.transformer.attention.cacheFormat = .fp8
    let kernels = try machine.open(threads: 1)
    let hint =
      "for which there are no kernels here — a model of Qwen3MoeForCausalLM or MixtralForCausalLM runs, such as "
      + "tiny-moe-12l"
    #expect(
      message { _ = try RealTransformer(withSinks, on: kernels, seed: 1) }
        == "small has biases or attention sinks, \(hint)")
    #expect(message { _ = try RealTransformer(dense, on: kernels, seed: 1) } == "small has no experts, \(hint)")
    #expect(
      message { _ = try RealTransformer(latent, on: kernels, seed: 1) } == "small has latent attention, \(hint)")
    #expect(
      message { _ = try RealTransformer(small, on: kernels, seed: 1) } == "small keeps keys and values in fp8, \(hint)")
    #expect(
      message { _ = try RealTransformer(shared, on: kernels, seed: 1) }
        == "small has dense layers or shared experts, \(hint)")
  }

  @Test func theTinyDeploymentRunsAndItsExpertsExceedTheCache() throws {
    let library = ConfigLibrary(roots: [projectFile("configs")])
    let deployment = try Deployment(reading: library.resolve("cpu-tiny"))
    let model = deployment.model.transformer
    let experts = try #require(model.experts)
    let bytes = model.expertBytes * Double(experts.count * model.layerCount)
    #expect(bytes > Bytes(6e8) && deployment.tensorParallel == 1)
    for name in deployment.compared {
      #expect(try deployment.memoryBudget(under: deployment.policy(name)).blocks > 100)
    }
  }
}
