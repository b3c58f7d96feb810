import Base
import HardwareModels
import RealKernels
import TestSupport
import Testing

@Suite struct SurveyPlanTests {
  private func model(_ name: String) throws -> Model {
    try Model(reading: projectConfig("configs/models/\(name).json"))
  }

  private func plan(_ name: String, tensorParallel: [Int] = [1], _ effort: SurveyEffort) throws -> SurveyPlan {
    try SurveyPlan(
      of: [SurveySubject(model(name), tensorParallel: tensorParallel)], effort, activation: .bfloat16, seed: 1)
  }

  @Test func aFullSurveyOfQwenHasItsShapes() throws {
    let plan = try plan("qwen3-30b-a3b", tensorParallel: [1, 2], .full(.cuda))
    let layers = plan.points.compactMap { $0 as? MoEPoint }
    #expect(Set(layers.map(\.model)) == ["qwen3-30b-a3b"])
    for gpus in [1, 2] {
      for distribution in ExpertDistribution.allCases {
        let some = layers.filter { $0.tensorParallel == gpus && $0.distribution == distribution }
        #expect(some.first?.shape.tokens == 1)
        #expect(some.last?.shape.tokens == (distribution == .decode ? 1024 : 8192))
        #expect(some.allSatisfy { $0.shape.hidden == 2048 && $0.shape.intermediate == 768 / gpus })
        #expect(some.allSatisfy { $0.shape.experts == 128 && $0.shape.expertsPerToken == 8 })
      }
    }
    let products = Set(plan.points.compactMap { $0 as? GEMMPoint }.map { [$0.columns, $0.inner] })
    // QKV, output, LM head of one GPU and of each of two; router; squares.
    let expected = [
      [5120, 2048], [2048, 4096], [151936, 2048], [2560, 2048], [2048, 2048], [75968, 2048], [128, 2048], [512, 512],
      [1024, 1024], [4096, 4096],
    ]
    #expect(products == Set(expected))
    let heads = Set(plan.points.compactMap { $0 as? DecodePoint }.map { [$0.shape.queryHeads, $0.shape.kvHeads] })
    #expect(heads == [[32, 4], [16, 2]])
    #expect(plan.points.filter(\.isCeiling).map(\.label) == ["read_bandwidth", "copy_bandwidth", "gemm_throughput"])
  }

  @Test func aModelWithWindowsIsMeasuredWithAndWithoutThem() throws {
    let plan = try plan("gpt-oss-20b", .quick(.cuda))
    let decodes = plan.points.compactMap { $0 as? DecodePoint }
    let prefills = plan.points.compactMap { $0 as? PrefillPoint }
    for windows in [decodes.map(\.shape.window), prefills.map(\.shape.window)] {
      #expect(windows.contains(nil) && windows.contains(128))
    }
    #expect(prefills.contains { $0.past == 0 } && prefills.contains { $0.past == 4096 && $0.tokens == 1024 })
  }

  @Test func latentAttentionIsLeftOut() throws {
    let plan = try plan("deepseek-v3", .quick(.cuda))
    #expect(!plan.points.contains { $0 is DecodePoint || $0 is PrefillPoint })
    #expect(plan.points.compactMap { ($0 as? MoEPoint)?.shape.intermediate }.allSatisfy { $0 == 2048 })
    let products = Set(plan.points.compactMap { $0 as? GEMMPoint }.filter { $0.columns != $0.inner }.map(\.columns))
    // Dense layers, the shared expert, hidden width, router and LM head.
    #expect(products == [2 * 18432, 2 * 2048, 7168, 256, 129280])
  }

  @Test func aDenseModelHasNoLayersOfExperts() throws {
    let plan = try plan("qwen3-8b", .quick(.cpu))
    #expect(!plan.points.contains { $0 is MoEPoint })
    #expect(plan.points.contains { ($0 as? GEMMPoint)?.columns == 2 * 12288 })
  }

  @Test func everyPointHasItsOwnLabelAndNoComma() throws {
    for name in ["qwen3-30b-a3b", "gpt-oss-20b"] {
      let labels = try plan(name, tensorParallel: [1, 2], .quick(.cuda)).points.map(\.label)
      #expect(Set(labels).count == labels.count && !labels.contains { $0.contains(",") })
    }
  }

  @Test func aWidthThatCannotBeCutIsAnError() throws {
    let found = message { _ = try plan("qwen3-30b-a3b", tensorParallel: [5], .quick(.cuda)) }
    #expect(found == "qwen3-30b-a3b: its width of 32 cannot be cut over 5 GPUs")
  }

  @Test func theExpertsOfATokenAreDistinct() throws {
    let routing = try #require(try model("qwen3-30b-a3b").routing)
    for (seed, distribution) in ExpertDistribution.allCases.enumerated() {
      let ids = distribution.draw(tokens: 300, topK: 8, routing: routing, seed: UInt64(seed))
      #expect(ids.count == 2400 && ids.allSatisfy { (0..<128).contains($0) })
      let areDistinct = (0..<300).allSatisfy { Set(ids[8 * $0..<8 * $0 + 8]).count == 8 }
      #expect(areDistinct, "seed \(seed)")
    }
  }

  @Test func balancedTokensTouchAsManyExpertsAsTheyCan() throws {
    let routing = try #require(try model("qwen3-30b-a3b").routing)
    for tokens in [1, 2, 15, 16, 100] {
      let ids = ExpertDistribution.balanced.draw(tokens: tokens, topK: 8, routing: routing, seed: 3)
      #expect(Set(ids).count == min(128, 8 * tokens))
    }
  }

  @Test func drawnCoverageIsTheModels() throws {
    let routing = try #require(try model("qwen3-30b-a3b").routing)
    for tokens in [1, 4, 32, 256, 1024] {
      let draws = 40
      let mean = (0..<draws).reduce(0.0) { sum, seed in
        let ids = ExpertDistribution.prompt.draw(tokens: tokens, topK: 8, routing: routing, seed: UInt64(seed))
        return sum + Double(Set(ids).count)
      }
      let expected = 128 * routing.prompt.coverage(tokens: tokens)
      // A draw deviates by less than 4; four standard errors of 40 draws.
      #expect(abs(mean / Double(draws) - expected) < 4 * 4 / Double(draws).squareRoot(), "\(tokens) tokens")
    }
  }

  @Test func workIsCountedByHand() throws {
    let routing = ExpertRouting(uniform: Transformer.Experts(count: 4, topK: 2, intermediate: 5))
    let shape = MoEShape(tokens: 2, hidden: 3, intermediate: 5, experts: 4, expertsPerToken: 2)
    let layer = MoEPoint(
      model: "m", tensorParallel: 1, shape: shape, distribution: .balanced, routing: routing, seed: 1)
    #expect(layer.activeExperts == 4)
    // 4 pairs x 6 x 3 x 5; 4 experts x 3 matrices x 15 weights x 2 bytes, 2 tokens x 3 x 2 bytes in and out.
    #expect(layer.work == SurveyWork(flops: Flops(360.0), bytes: Bytes(384.0)))
    let attention = AttentionShape(queryHeads: 4, kvHeads: 2, headWidth: 8, window: 3, slotTokens: 10)
    // 2 requests see 3 tokens each: 6 x 4 heads x 4 x 8; 6 x 2 x 16 x 2 bytes and 2 x 32 x 2 x 2.
    let decode = DecodePoint(attention, requests: 2)
    #expect(decode.work == SurveyWork(flops: Flops(768.0), bytes: Bytes(640.0)))
    var whole = attention
    whole.window = nil
    // 4 new tokens after 6 see 7 + 8 + 9 + 10 = 34.
    let prefill = PrefillPoint(whole, tokens: 4)
    #expect(prefill.past == 6 && prefill.work.flops == Flops(34.0 * 4 * 4 * 8))
    #expect(PrefillPoint(attention, tokens: 4).work.flops == Flops(12.0 * 4 * 4 * 8))
  }
}
