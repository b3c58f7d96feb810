import Base
import TestSupport
import Testing

@testable import HardwareModels

@Suite struct ParallelismRefusalTests {
  private func refusal(
    _ cut: Parallelism, _ interconnect: Interconnect = domains(of: 8), model name: String = "deepseek-r1",
    engine engineName: String = "vllm-0.24-h200"
  ) -> String {
    sentence {
      _ = try RooflineCostModel(
        model: model(name), gpu: gpu("h200-sxm-141gb"), engine: engine(engineName), parallelism: cut,
        interconnect: interconnect)
    }
  }

  @Test func whatDoesNotCutTheModelIsRefused() {
    #expect(
      refusal(Parallelism(data: 8))
        == "dataParallel: 8 attention ranks share experts that are spread over their GPUs; copies are not modelled "
        + "— expertParallel would be 8")
    #expect(
      refusal(Parallelism(tensor: 2, data: 4, expert: 4))
        == "expertParallel: experts over 4 GPUs, and tensorParallel x dataParallel are 8 — 1, or 8")
    #expect(
      refusal(Parallelism(data: 24, expert: 24))
        == "expertParallel: 256 experts of DeepSeek-R1 do not divide among 24 GPUs "
        + "— redundantExperts=8 would fill them")
    #expect(
      refusal(Parallelism(tensor: 8, expert: 8, redundantExperts: 33))
        == "redundantExperts: 256 experts of DeepSeek-R1 with 33 redundant do not divide among 8 GPUs — 32, or 40")
    #expect(
      refusal(Parallelism(data: 24, expert: 24, redundantExperts: 1))
        == "redundantExperts: 256 experts of DeepSeek-R1 with 1 redundant do not divide among 24 GPUs — 8")
    #expect(
      refusal(Parallelism(tensor: 8, redundantExperts: 32))
        == "redundantExperts: experts that are not spread over GPUs have no copies — expertParallel would be 8")
    #expect(
      refusal(Parallelism(tensor: 8, pipeline: 62))
        == "pipelineParallel: 61 layers of DeepSeek-R1 do not make 62 stages")
    #expect(
      refusal(Parallelism(tensor: 8, expert: 8), model: "llama-3.1-70b")
        == "expertParallel: Llama-3.1-70B has no experts that attention ranks could share "
        + "— replicas serve it side by side")
  }

  @Test func aMissingLinkIsRefused() {
    var alone = domains(of: 8)
    alone.network = nil
    #expect(
      refusal(Parallelism(tensor: 8, pipeline: 2), alone)
        == "16 GPUs stand in domains of 8, and no network is between these — interconnect.network is null")
    #expect(
      refusal(Parallelism(tensor: 4, pipeline: 3), domains(of: 6))
        == "4 GPUs of a stage, 4 of a rank, do not fill domains of 6 GPUs "
        + "— interconnect.domainGPUs says how many share a link")
    #expect(
      refusal(Parallelism(tensor: 16), domains(of: 16))
        == "the engine profile vllm-0.24-h200 has no all-reduce over 16 GPUs — it has: 2, 4, 8")
    #expect(
      refusal(Parallelism(data: 8, expert: 8), engine: "vllm-0.14-a100")
        == "dataParallel: the engine profile vllm-0.14-a100 has no all-to-all between attention ranks "
        + "— it has all-reduces over: 2, 4, 8")
    let unlinked = sentence {
      var gpu = try unitGPU()
      gpu.linkBandwidth = nil
      _ = try RooflineCostModel(
        model: tinyModel, gpu: gpu, engine: idealEngine(), parallelism: Parallelism(pipeline: 2),
        interconnect: domains(of: 8))
    }
    #expect(
      unlinked
        == "pipelineParallel: the GPU unit has no link to the next stage "
        + "— with interconnect.domainGPUs=1 stages send over the network")
  }

  @Test func memoryFollowsTheCut() throws {
    func budget(_ cut: Parallelism) throws -> MemoryBudget {
      try MemoryBudget(
        model: model("deepseek-r1"), gpu: gpu("h200-sxm-141gb"), engine: engine("vllm-0.24-h200"), parallelism: cut,
        interconnect: domains(of: 8),
        settings: MemoryBudget.Settings(utilisation: 0.9, blockSize: 16, maxNumBatchedTokens: 2048, maxNumSeqs: 256))
    }
    let transformer = try model("deepseek-r1").transformer
    let routed = Double(58 * 256) * transformer.expertBytes.value
    let whole = transformer.weightBytes.value
    #expect(try budget(Parallelism(tensor: 8)).weights == Bytes(whole / 8))
    #expect(try budget(Parallelism(tensor: 8, expert: 8)).weights == Bytes(whole / 8))
    let ranks = try budget(Parallelism(data: 8, expert: 8))
    #expect((ranks.weights.value / (whole - routed + routed / 8) - 1).magnitude < 1e-12)
    #expect(ranks.kvBytesPerToken == Bytes(61 * 576 * 2))
    let copied = try budget(Parallelism(tensor: 8, expert: 8, redundantExperts: 32))
    let copies = Double(58 * 32 / 8) * transformer.expertBytes.value
    #expect((copied.weights.value / (whole / 8 + copies) - 1).magnitude < 1e-12)
    #expect(try copied.blocks < budget(Parallelism(tensor: 8, expert: 8)).blocks)
    // Of 30 and 31 layers the second stage has one less; the three dense ones of the first are smaller.
    let stages = try budget(Parallelism(tensor: 8, pipeline: 2))
    let halves = [0..<31, 31..<61].map { transformer.weightBytes(of: $0, cut: Parallelism(tensor: 8)).value }
    #expect((halves.reduce(0, +) / (whole / 8) - 1).magnitude < 1e-12)
    #expect(halves.contains(stages.weights.value))
    #expect(
      sentence { _ = try budget(Parallelism(data: 4, expert: 4)) }
        .hasSuffix(" bytes are missing on each — more GPUs hold more"))
  }
}
