import Analysis
import Base
import HardwareModels
import TestSupport
import Testing

/// What must hold of any balanced system, and what is refused.
@Suite struct BalanceLawTests {
  private static let models = ["deepseek-r1", "qwen3-30b-a3b", "llama-4-maverick", "gpt-oss-120b"]

  @Test(arguments: models) func moreBandwidthIsNeverSlower(_ name: String) throws {
    let slow = Link(bandwidth: BytesPerSecond(1e11), latency: nvlink.latency)
    for batch in [1.0, 100, 10_000] {
      let times = try [slow, nvlink].map {
        try balance(name, expertParallel: 8, link: $0).tokenTime(batch: batch, context: 4096)
      }
      #expect(times[0].total >= times[1].total && times[0].link > times[1].link)
    }
  }

  @Test(arguments: models) func spreadingExpertsWiderLeavesLessOnEachGPU(_ name: String) throws {
    let systems = try [8, 16, 32].map { try balance(name, expertParallel: $0) }
    for (few, many) in zip(systems, systems.dropFirst()) {
      #expect(many.weights < few.weights)
      #expect(many.batchCapacity(context: 4096) > few.batchCapacity(context: 4096))
    }
  }

  @Test(arguments: models) func aTokenTakesLongerInALargerBatchAtALongerContextUnderMoreSkew(_ name: String) throws {
    var system = try balance(name, expertParallel: 8)
    let time = system.tokenTime(batch: 1000, context: 4096).total
    #expect(system.tokenTime(batch: 1001, context: 4096).total > time)
    #expect(system.tokenTime(batch: 1000, context: 8192).total > time)
    system.imbalance = 2
    #expect(system.tokenTime(batch: 1000, context: 4096).total > time)
  }

  @Test func whatTakesLongestIsTheBound() {
    func bound(_ memory: Double, _ compute: Double, _ link: Double) -> Bound {
      TokenTime(memory: Seconds(memory), compute: Seconds(compute), link: Seconds(link)).bound
    }
    #expect([bound(3, 1, 2), bound(1, 3, 2), bound(1, 2, 3)] == [.memory, .compute, .link])
  }

  @Test func growingSystemsSpreadExpertsAsFarAsTheyDivide() throws {
    let gpu = try gpu("b200-sxm-192gb")
    let scaling = try Scaling(
      of: model("qwen3-30b-a3b"), on: gpu, memory: gpu.memory, sizes: [8, 24, 256], tensorParallel: 2, context: 4096)
    #expect(scaling.points.map(\.balance.system.expertParallel) == [8, 8, 128])
    #expect(scaling.points.map(\.balance.system.copies) == [4, 12, 128])
    #expect(scaling.points.map(\.balance.system.expertCopies) == [1, 3, 2])
    #expect(scaling.points.allSatisfy { $0.batch > 0 && $0.limit == .memoryBandwidth })
    let small = try Scaling(
      of: model("deepseek-r1"), on: gpu, memory: gpu.memory, sizes: [1], tensorParallel: 1, context: 4096)
    #expect(small.points.map(\.batch) == [0] && small.points.map(\.limit) == [.memoryCapacity])
  }

  @Test func whatDoesNotDivideIsOneSentence() throws {
    #expect(
      sentence { _ = try balance("deepseek-r1", gpus: 12, tensorParallel: 8) }
        == "tensor parallelism over 8 GPUs does not divide a system of 12")
    #expect(
      sentence { _ = try balance("deepseek-r1", gpus: 12, expertParallel: 8) }
        == "expert parallelism over 8 GPUs does not divide a system of 12")
    #expect(
      sentence { _ = try balance("deepseek-r1", gpus: 24) }
        == "expert parallelism over 24 GPUs does not divide the 256 experts of DeepSeek-R1")
    #expect(
      sentence { _ = try balance("deepseek-r1", gpus: 3, tensorParallel: 3) }
        == "tensor parallelism over 3 GPUs does not divide DeepSeek-R1 evenly")
    #expect(
      sentence {
        _ = try SystemShape(of: gpu("tpu-v7"), gpus: 2, tensorParallel: 1, expertParallel: 1, link: nil)
      } == "the GPU TPU v7 has no link and this system has 2 of them — set gpu.linkBandwidthBytesPerSecond")
  }
}
