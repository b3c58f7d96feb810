import Analysis
import Base
import HardwareModels
import TestSupport
import Testing

/// The study's operations of latent attention, and experts under skew.
@Suite struct LatentTests {
  private let block: LatentBlock
  private let b200: GPU

  init() throws {
    block = try #require(LatentBlock(of: model("deepseek-r1").transformer))
    b200 = try gpu("b200-sxm-192gb")
  }

  @Test(arguments: [1, 64], [512, 8192])
  func intensitiesAreThoseOfTheTableAtAnyBatchAndContext(_ batch: Int, _ context: Int) {
    func intensity(
      _ phase: LatentOperation.Phase, _ step: LatentOperation.Step, _ variant: LatentVariant
    ) -> Double {
      block.operation(phase, step, variant, batch: batch, context: context).intensity.value
    }
    let both = 1 / (1 / 128.0 + 1 / 512.0)
    #expect(intensity(.prefill, .decompress, .plain) == 512)
    #expect(isClose(intensity(.prefill, .decompress, .absorbed), both))
    #expect(intensity(.prefill, .score, .plain) == 128 && intensity(.prefill, .score, .absorbed) == 512)
    #expect(intensity(.decode, .decompress, .plain) == 512 && intensity(.decode, .decompress, .absorbed) == 128)
    #expect(intensity(.decode, .score, .plain) == 1 && isClose(intensity(.decode, .score, .absorbed), both))
  }

  @Test func operationsAreCountedByHand() {
    let plain = block.operation(.decode, .score, .plain, batch: 3, context: 10)
    #expect(plain.flops == Flops(2 * 3 * 128 * 10 * 128) && plain.bytes == Bytes(2 * 3 * 128 * 128 * 10))
    let absorbed = block.operation(.decode, .score, .absorbed, batch: 3, context: 10)
    #expect(absorbed.flops == Flops(2 * 3 * 128 * 10 * 512) && absorbed.bytes == Bytes(2 * 3 * (512 * 10 + 128 * 10)))
    #expect(absorbed.flops == plain.flops * 4)
    let prompt = block.operation(.prefill, .decompress, .absorbed, batch: 2, context: 10)
    #expect(prompt.flops == Flops(2 * 2 * 10 * 512 * 16384))
    #expect(prompt.bytes == Bytes(2 * 2 * (10 * 16384 + 10 * 128 * 512)))
  }

  @Test func aBlockTakesItsOperationsTwiceAndTheProjectionsOnce() {
    // Decode at 8192 tokens: a plain decompression is bound by compute, its score and all that is absorbed by memory.
    let tokens = 64.0 * 8192
    let decompressing = tokens * 512 * 16384 / 2.25e15 + tokens * 16384 / 8e12
    let absorbing: Double = 64 * 512 * 128 / 8e12
    let scoring = tokens * (512 + 128) / 8e12
    let (plain, absorbed) = (4 * decompressing, 4 * (absorbing + scoring))
    #expect(isClose(block.coreTime(.decode, .plain, batch: 64, context: 8192, on: b200).value, plain))
    #expect(isClose(block.coreTime(.decode, .absorbed, batch: 64, context: 8192, on: b200).value, absorbed))
    // Queries down and up, latents, output.
    let weights = Double(11_010_048 + 37_748_736 + 4_128_768 + 117_440_512)
    let activations: Double = 2 * 64 * 7168
    let projections = 2 * (weights + activations) / 8e12
    #expect(isClose(block.projectionTime(.decode, batch: 64, context: 8192, on: b200).value, projections))
    #expect(
      isClose(
        block.ratio(
          .decode, .plain, over: .absorbed, batch: 64, context: 8192, withProjections: true, on: b200),
        (plain + projections) / (absorbed + projections)))
  }

  @Test func absorbingPaysInDecodeAndCostsInPrefill() throws {
    for name in ["v100-sxm2-32gb", "a100-sxm-80gb", "h200-sxm-141gb", "tpu-v7", "mi325x"] {
      let gpu = try gpu(name)
      for context in [2048, 8192] {
        func ratio(_ phase: LatentOperation.Phase) -> Double {
          block.ratio(phase, .plain, over: .absorbed, batch: 32, context: context, withProjections: true, on: gpu)
        }
        #expect(ratio(.decode) > 10 && ratio(.prefill) < 1)
      }
    }
    #expect(try LatentBlock(of: model("qwen3-30b-a3b").transformer) == nil)
  }

  @Test func evenExpertsLoadEveryGPUAlike() {
    let even = ExpertPopularity(zipf: 0, count: 256, topK: 8)
    for placement in ExpertPlacement.allCases { #expect(isClose(even.imbalance(over: 32, placement), 1)) }
  }

  @Test func aSkewIsWorstOnMostGPUsAndWhereTheWantedStandTogether() {
    let skewed = ExpertPopularity(zipf: 0.8, count: 256, topK: 8)
    func sumOf(_ ranks: ClosedRange<Int>) -> Double { ranks.reduce(0) { $0 + 1 / powerOf0_8($1) } }
    let (first, sum) = (sumOf(1...8), sumOf(1...256))
    #expect(isClose(skewed.imbalance(over: 32, .stacked), 32 * first / sum))
    for placement in ExpertPlacement.allCases { #expect(isClose(skewed.imbalance(over: 256, placement), 256 / sum)) }
    let (dealt, random) = (skewed.imbalance(over: 32, .dealt), skewed.imbalance(over: 32, .random))
    #expect(dealt < random && random < skewed.imbalance(over: 32, .stacked))
    #expect(skewed.imbalance(over: 32, .balanced) < dealt)
    #expect(random == skewed.imbalance(over: 32, .random))
  }

  /// r^0.8 as the fifth root of r^4, by Newton's method.
  private func powerOf0_8(_ rank: Int) -> Double {
    let fourth = Double(rank * rank * rank * rank)
    var root = Double(rank)
    for _ in 0..<60 { root -= (root * root * root * root * root - fourth) / (5 * root * root * root * root) }
    return root
  }
}
