import Base
import TestSupport
import Testing

@testable import HardwareModels

/// Terms of the forms, worked by hand on a GPU that does one operation and moves one byte a second.
@Suite struct KernelFormTests {
  private func seconds(_ kind: OperatorDemand.Kind, _ change: (inout EngineProfile) -> Void) throws -> Double {
    var engine = try idealEngine()
    change(&engine)
    return KernelPricing(engine, try unitGPU(), headDim: 128).duration(of: kind).value
  }

  @Test func aMatrixProductStepsThroughItsInnerDimensionAndQuantizesItsRows() throws {
    // 2 x 4 weights in FP8 and 3 rows: 8 + 2 x 3 x (4 + 2) = 44 bytes; 48 FLOP at 2 a second.
    let work = OperatorDemand.Kind.matrixProduct(MatrixProduct(rows: 3, columns: 2, inner: 4, format: .fp8))
    let plain = try seconds(work) { _ in }
    #expect((plain - 44).magnitude < 0.01)
    let more = try seconds(work) { engine in
      for index in engine.matrixProducts.indices {
        engine.matrixProducts[index].timePerInnerRow = Seconds(5)
        engine.matrixProducts[index].quantizationEfficiency = 0.5
      }
    }
    // 4 steps of 5 s, and 3 x 4 values of 2 bytes in and 1 out at half the bandwidth.
    #expect((more - plain - 20 - 72).magnitude < 1e-9)
  }

  @Test func activationsDecideInWhatWeightsAreMultiplied() throws {
    // Per layer call the experts do the same FLOP at 2 a second in FP8 and at 1 in BF16; weights are as many bytes.
    func experts(_ name: String, _ activations: NumberFormat?) throws -> ExpertProduct {
      var it = try model(name)
      it.transformer.activationFormat = activations
      let sharded = ShardedModel(model: it, cut: Parallelism(tensor: 1))
      return try #require(sharded.expertProduct(TokenRows(prompt: 4096, decode: 0)))
    }
    let fp8 = try experts("qwen3-30b-a3b-fp8", nil)
    let wide = try experts("qwen3-30b-a3b-fp8", .bf16)
    #expect(fp8.arithmetic == .fp8 && wide.arithmetic == .bf16 && fp8.bytesPerExpert == wide.bytesPerExpert)
    #expect(try (seconds(.experts(wide)) { _ in } / seconds(.experts(fp8)) { _ in } - 2).magnitude < 0.01)
    #expect(try experts("qwen3-30b-a3b", .fp8).arithmetic == .bf16)
    #expect(try experts("gpt-oss-20b-mxfp4", .fp8).arithmetic == .fp8)
    #expect(try experts("gpt-oss-20b-mxfp4", nil).arithmetic == .bf16)
  }

  @Test func expertsCountInWholeTiles() throws {
    func work(_ width: Int) -> OperatorDemand.Kind {
      .experts(
        ExpertProduct(
          rows: 1, hidden: 2, intermediate: width, wholeIntermediate: width, count: 4, topK: 1,
          load: ExpertLoad(counts: [1]), format: .bf16))
    }
    func padded(_ width: Int) throws -> Double {
      try seconds(work(width)) { engine in
        for index in engine.experts.indices {
          engine.experts[index].tileColumns = 4
          engine.experts[index].activationEfficiency = nil
        }
      }
    }
    #expect(try padded(5) == padded(8) && padded(4) < padded(5))
  }

  @Test func aSumTakesOneStepOrTwoWhicheverIsShorter() throws {
    func sum(_ bytes: Double) throws -> Double {
      try seconds(.allReduce(bytes: bytes, gpus: 4)) { engine in
        engine.allReduces = [
          AllReduceForm(gpus: 4, start: Seconds(7), bandwidth: BytesPerSecond(2), secondStart: Seconds(6))
        ]
      }
    }
    // One step moves 3 S, two move 1.5 S after 6 s more: they meet at 8 bytes.
    #expect(try sum(4) == 7 + 6 && sum(8) == 7 + 12 && sum(16) == 7 + 6 + 12)
  }

  @Test func fewTilesWalkTheirKeysOneAfterTheOther() throws {
    let work = PrefillAttention(tokens: 2, pairs: 20, cachedTokens: 10, heads: 1, kvHeads: 1, headDim: 2)
    // 4 x 2 x 20 FLOP and 4 x (2 + 10) x 2 bytes: 256 s; 10 keys on average.
    func walked(_ time: Double) throws -> Double {
      try seconds(.prefillAttention(work)) { $0.prefillAttention.timePerContextToken = Seconds(time) }
    }
    #expect(try walked(0) == 256 && walked(25) == 256 && walked(30) == 300)
  }

  @Test func decodesBesidePromptsAreTilesOfWhichOneRowIsUsed() throws {
    let prefill = PrefillAttention(tokens: 2, pairs: 20, cachedTokens: 10, heads: 1, kvHeads: 1, headDim: 2)
    let decode = DecodeAttention(requests: 3, contextTokens: 12, kvHeads: 1, headDim: 2)
    let apart = try seconds(.prefillAttention(prefill)) { _ in } + seconds(.decodeAttention(decode)) { _ in }
    #expect(try seconds(.sharedAttention(prefill, decode)) { _ in } == apart)
    let together = try seconds(.sharedAttention(prefill, decode)) {
      $0.prefillAttention.sharedTile = .init(rows: 8, extraTokens: 1)
    }
    // 8 x (12 + 3) pairs of 4 x 2 FLOP more.
    #expect(together == 256 + 960)
  }

  /// Ten tiles at once, of which half of what is missing counts.
  @Test(arguments: [
    // 20 tiles of 64 columns do not run at once, 10 of 128 do.
    (rows: 128, columns: 1280, products: 1, missing: 0),
    // 11 of 128 do not: one wave of tiles of 256, of which 6 have work.
    (128, 1408, 1, 10 * 128 * 256 - 128 * 1408),
    // 11 tiles of 256 are two waves.
    (128, 2816, 1, 20 * 128 * 256 - 128 * 2816),
    // 10 tiles of 32 leave room for cuts along k; 11 do not.
    (128, 320, 1, 0), (128, 321, 1, 10 * 128 * 64 - 128 * 321),
    // Few rows have low tiles.
    (5, 640, 1, 10 * 16 * 64 - 5 * 640),
    // Several products share a wave.
    (128, 256, 3, 10 * 128 * 128 - 3 * 128 * 256),
  ])
  func halfOfTheLastWaveCounts(rows: Int, columns: Int, products: Int, missing: Int) {
    let elements = MatrixProductForm.Waves(tiles: 10, share: 0.5)
      .elements(rows: rows, columns: columns, products: products)
    #expect(elements == Double(products * rows * columns) + 0.5 * Double(missing))
  }

  @Test func wavesCountAsArithmetic() throws {
    let work = OperatorDemand.Kind.matrixProduct(MatrixProduct(rows: 128, columns: 65, inner: 1024, format: .bf16))
    let inWaves = try seconds(work) { engine in
      for index in engine.matrixProducts.indices { engine.matrixProducts[index].waves = .init(tiles: 1, share: 1) }
    }
    // A tile of 128 columns, of which 65 are there, at one operation a second.
    #expect(try seconds(work) { _ in } == 2 * 1024 * 128 * 65 && inWaves == 2 * 1024 * 128 * 128)
  }

  @Test(arguments: [(4, 1.0), (8, 1), (16, 1.25), (32, 1.375)])
  func tokensBeyondACacheSlowArithmeticDown(tokens: Int, factor: Double) throws {
    // Tokens of two values of 2 bytes: 8 of them fit 32 bytes, of 16 half and of 32 three quarters are outside.
    let product = ExpertProduct(
      rows: tokens, hidden: 2, intermediate: 4, wholeIntermediate: 4, count: 1, topK: 1,
      load: ExpertLoad(counts: [tokens]), format: .bf16)
    func spilled(_ spill: ExpertProductForm.Spill?) throws -> Double {
      try seconds(.experts(product)) { engine in
        for index in engine.experts.indices {
          engine.experts[index].spill = spill
          engine.experts[index].overlapExponent = 1
          engine.experts[index].bandwidthEfficiency = .infinity
          engine.experts[index].activationEfficiency = nil
        }
      }
    }
    #expect(try spilled(.init(cache: Bytes(32), slowdown: 0.5)) == factor * spilled(nil))
  }
}
