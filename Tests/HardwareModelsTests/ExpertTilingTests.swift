import Base
import TestSupport
import Testing

@testable import HardwareModels

/// How experts are cut, worked by hand on a GPU that does one operation and moves one byte a second.
@Suite struct ExpertTilingTests {
  /// Two experts of 6 x 2 x 2 weights of 2 bytes, 48 bytes each, with so many tokens for the first and one for the second.
  private func seconds(_ tokens: Int, _ change: (inout EngineProfile) -> Void) throws -> Double {
    var engine = try idealEngine()
    for index in engine.experts.indices {
      engine.experts[index].activationEfficiency = nil
      engine.experts[index].rereadShare = 1
    }
    change(&engine)
    for index in engine.experts.indices where !engine.expertTilings.isEmpty { engine.experts[index].tileRows = nil }
    let product = ExpertProduct(
      rows: tokens + 1, hidden: 2, intermediate: 4, wholeIntermediate: 4, count: 2, topK: 1,
      load: ExpertLoad(counts: [tokens, 1]), format: .bf16)
    var fast = try unitGPU()
    fast.peakBF16 = FlopsPerSecond(1e9)
    return KernelPricing(engine, fast, headDim: 128).duration(of: .experts(product)).value
  }

  private func tiling(_ steps: [ExpertTiling.Step], _ shape: ExpertTiling.Shape? = nil) -> ExpertTiling {
    ExpertTiling(format: .bf16, shape: shape, steps: steps, grouping: nil)
  }

  @Test func eachTileBeyondTheFirstReadsWeightsAgainUnlessTheyAreGrouped() throws {
    // 20 tokens are 3 tiles of 8 or 2 of 16; a group of 2 halves what the tiles beyond the first read.
    #expect(try seconds(20) { $0.expertTilings = [tiling([.init(fromTokens: 1, rows: 8, group: 1)])] } == 48 * 4)
    #expect(try seconds(20) { $0.expertTilings = [tiling([.init(fromTokens: 1, rows: 16, group: 1)])] } == 48 * 3)
    #expect(try seconds(20) { $0.expertTilings = [tiling([.init(fromTokens: 1, rows: 8, group: 2)])] } == 48 * 3)
  }

  @Test func noMoreThanFourTilesShare() throws {
    let few = try seconds(64) { $0.expertTilings = [tiling([.init(fromTokens: 1, rows: 8, group: 4)])] }
    let many = try seconds(64) { $0.expertTilings = [tiling([.init(fromTokens: 1, rows: 8, group: 64)])] }
    #expect(few == many && few == 48 * (2 + 7.0 / 4))
  }

  @Test func aCacheKeepsAShareOfTheFirstMatrices() throws {
    // The first matrices are 32 of 48 bytes: beside 32 bytes of cache half of a tile's weights are read again.
    let cached = try seconds(20) { engine in
      engine.expertTilings = [tiling([.init(fromTokens: 1, rows: 16, group: 1)])]
      for index in engine.experts.indices { engine.experts[index].rereadCache = Bytes(32) }
    }
    #expect(cached == 48 * 2.5)
  }

  @Test(arguments: [(24, 16, 16), (28, 32, 16), (32, 32, 32), (48, 32, 32), (96, 64, 64)])
  func autotunedTilesAreThoseOfThePowerOfTwoBelow(tokens: Int, plain: Int, tuned: Int) throws {
    // Of three experts each token has two: of 16 tokens every expert has 10.7, of 28 18.7, of 32 21.3.
    #expect(try height(tokens, of: 3, autotuned: []) == plain)
    #expect(try height(tokens, of: 3, autotuned: [.bf16]) == tuned)
  }

  @Test func autotunedTilesAreHigherThanAPowerOfTwo() throws {
    // Of four experts every one has 16 rows if all have as many, but tuners draw at random.
    #expect(try height(32, of: 4, autotuned: [.fp8]) == 16)
    #expect(try height(32, of: 4, autotuned: [.bf16]) == 32)
    #expect(try height(4096, of: 4, autotuned: [.bf16]) == 64)
  }

  /// The rows of the one tile that a layer has here.
  private func height(_ tokens: Int, of experts: Int, autotuned formats: [NumberFormat]) throws -> Int {
    var engine = try idealEngine()
    engine.autotunedExperts = formats
    for index in engine.experts.indices {
      engine.experts[index].tileRows = 8...64
      engine.experts[index].activationEfficiency = nil
    }
    var product = ExpertProduct(
      rows: tokens, hidden: 2, intermediate: 4, wholeIntermediate: 4, count: experts, topK: 2,
      load: ExpertLoad(counts: [1]), format: .bf16)
    product.assignments = 1
    var idle = try unitGPU()
    idle.memoryBandwidth = BytesPerSecond(1e12)
    return Int(KernelPricing(engine, idle, headDim: 128).duration(of: .experts(product)).value.rounded()) / (6 * 2 * 4)
  }

  @Test func aStepCountsFromItsTokensOn() {
    let cut = tiling([.init(fromTokens: 1, rows: 16, group: 1), .init(fromTokens: 33, rows: 32, group: 1)])
    #expect([1, 32, 33, 1000].map { cut.step(tokens: $0, experts: 8).rows } == [16, 16, 32, 32])
    var grouped = cut
    grouped.grouping = .init(fromTokensPerExpert: 4, group: 16)
    #expect([31, 32].map { grouped.step(tokens: $0, experts: 8).group } == [1, 16])
  }

  @Test func theMostParticularTilingCounts() throws {
    let step = { (rows: Int) in [ExpertTiling.Step(fromTokens: 1, rows: rows, group: 1)] }
    var engine = try idealEngine()
    engine.expertTilings = [
      tiling(step(8)), tiling(step(16), .init(count: 4)), tiling(step(32), .init(count: 4, shard: 64)),
    ]
    let rows = [(4, 64), (4, 32), (2, 64)].map { engine.tiling(.bf16, experts: $0, shard: $1)?.steps[0].rows }
    #expect(rows == [32, 16, 8] && engine.tiling(.fp8, experts: 4, shard: 64) == nil)
  }

  @Test func aCorrectionIsLinearInTheLogarithmOfTokens() throws {
    let curve = TokenCurve([.init(tokens: 4, factor: 2), .init(tokens: 16, factor: 4)])
    #expect([1, 4, 8, 16, 99].map { curve.factor(at: $0) } == [2, 2, 3, 4, 4])
    let plain = try seconds(7) { _ in }
    let corrected = try seconds(7) { engine in
      for index in engine.experts.indices { engine.experts[index].correction = curve }
    }
    #expect(corrected == 3 * plain)
  }

  @Test func passingOverPairsOfOtherGPUsMovesZeros() throws {
    func seconds(_ passesOver: Bool) throws -> Double {
      var engine = try idealEngine()
      engine.expertsPassOverForeignPairs = passesOver
      var product = ExpertProduct(
        rows: 8, hidden: 2, intermediate: 4, wholeIntermediate: 4, count: 2, topK: 1, load: ExpertLoad(counts: [5]),
        format: .bf16)
      product.assignments = 5
      product.foreignPairs = 3
      return KernelPricing(engine, try unitGPU(), headDim: 128).duration(of: .experts(product)).value
    }
    // Of each pair 2 x 2 x 4 bytes of zeros, 3 x 2 x 4 around the activation, 2 x 2 of zeros and 2 x 2 in the sum.
    #expect(try (seconds(true) - seconds(false) - 3 * (16 + 24 + 4 + 4)).magnitude < 1e-9)
  }

  @Test func expertsThatNothingSaysHowToCutAreRefused() throws {
    var engine = try idealEngine()
    for index in engine.experts.indices { engine.experts[index].tileRows = nil }
    let refusal = sentence {
      _ = try RooflineCostModel(model: tinyModel, gpu: unitGPU(), engine: engine, tensorParallel: 1)
    }
    #expect(
      refusal == "the engine profile ideal does not say how experts in bf16 are cut — give its experts tileRows, or "
        + "expertTilings an item for any shape")
  }

  @Test func spreadExpertsGoByThoseThatAGPUHolds() throws {
    let experts = try #require(tinyModel.transformer.experts)
    func refusal(_ count: Int) throws -> String {
      var engine = try idealEngine()
      for index in engine.experts.indices { engine.experts[index].tileRows = nil }
      engine.expertTilings = [tiling([.init(fromTokens: 1, rows: 8, group: 1)], .init(count: count))]
      return sentence {
        _ = try RooflineCostModel(
          model: tinyModel, gpu: unitGPU(), engine: engine, parallelism: Parallelism(data: 2, expert: 2),
          interconnect: .oneDomain)
      }
    }
    let whole = try refusal(experts.count)
    #expect(whole.contains("does not say how experts in bf16 are cut"), "\(whole)")
    #expect(try !refusal(experts.count / 2).contains("are cut"))
  }
}
