import Analysis
import Base
import HardwareModels
import TestSupport
import Testing

@Suite struct PhaseTests {
  @Test func noOperatorBeatsItsRoofline() throws {
    let model = try tinyCostModel()
    for phase in [PhaseAnalysis(prefilling: 4, on: model), PhaseAnalysis(decoding: 3, context: 5, on: model)] {
      #expect(isClose(phase.operators.reduce(0) { $0 + $1.share }, 1))
      for operation in phase.operators where operation.cost.arithmetic != nil {
        #expect(operation.cost.duration >= operation.roofline * 0.999, "\(operation.cost.name)")
        #expect(operation.ridge == FlopsPerByte(1.0))
      }
    }
  }

  @Test func anIterationIsTheSumOfItsOperators() throws {
    var model = try tinyCostModel()
    let phase = PhaseAnalysis(decoding: 3, context: 5, on: model)
    let work = IterationWork(segments: [.decoding(3, context: 5, in: tinyModel)], emittedTokens: 3)
    #expect(isClose(phase.duration.value, model.cost(of: work).duration.value))
    #expect(phase.title == "decode of 3 requests at 5 tokens" && phase.batch == 3)
    #expect(PhaseAnalysis(prefilling: 4, on: model).title == "prefill of 4 tokens")
  }

  @Test func theBusiestGPUHasMoreThanTheMeanUnlessExpertsAreCut() throws {
    func imbalance(_ cut: Parallelism) throws -> Double? {
      let model = try RooflineCostModel(
        model: model("qwen3-30b-a3b"), gpu: gpu("h200-sxm-141gb"), engine: engine("vllm-0.24-h200"), parallelism: cut,
        interconnect: .oneDomain)
      return PhaseAnalysis(prefilling: 4096, on: model).expertImbalance
    }
    #expect(try imbalance(Parallelism(tensor: 4)) == nil)
    let cuts = [
      Parallelism(tensor: 4, expert: 4, placement: .stacked), Parallelism(tensor: 4, expert: 4),
      Parallelism(tensor: 4, expert: 4, redundantExperts: 16), Parallelism(tensor: 4, expert: 4, placement: .balanced),
    ]
    let uneven = try cuts.map { try #require(try imbalance($0)) }
    #expect(uneven == uneven.sorted(by: >) && uneven[3] > 1)
  }

  @Test func intensityIsArithmeticOverBytes() throws {
    let phase = PhaseAnalysis(decoding: 3, context: 5, on: try tinyCostModel())
    let attention = try #require(phase.operators.first { $0.cost.name == "decode attention" })
    // 4 FLOP for each of two values, 15 tokens and 4 layers, over 8 bytes a token.
    #expect(attention.cost.flops == Flops(480) && attention.intensity == FlopsPerByte(1.0))
    let norm = try #require(phase.operators.first { $0.cost.name == "attention norm" })
    #expect(norm.intensity == nil && norm.ridge == nil)
  }

  @Test func whatLimitsDependsOnWhatIsReadAndWhetherMoreWouldFit() throws {
    let model = try RooflineCostModel(
      model: model("qwen3-30b-a3b"), gpu: gpu("h200-sxm-141gb"), engine: idealEngine(), tensorParallel: 1)
    func resource(_ batch: Int, _ context: Int, capacity: Int?) -> Diagnosis.Resource {
      Diagnosis(of: PhaseAnalysis(decoding: batch, context: context, on: model), capacity: capacity).resource
    }
    #expect(resource(1, 1, capacity: 8) == .batch && resource(1, 1, capacity: nil) == .batch)
    #expect(resource(1, 1, capacity: 1) == .memoryCapacity)
    #expect(resource(64, 20_000, capacity: 64) == .memoryBandwidth)
    #expect(resource(20_000, 1, capacity: nil) == .compute)
  }
}
