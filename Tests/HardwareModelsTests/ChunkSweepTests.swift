import Base
import HardwareModels
import Testing

/// arXiv:2510.08055, figure 2: one 8192-token prompt of Qwen3-30B-A3B in chunks; bars read to 2 ms.
private let figure2: [(chunk: Int, expertGigabytes: Double, milliseconds: Double)] = [
  (512, 764.1, 560), (1024, 406.3, 372), (2048, 213.3, 264), (4096, 110.1, 232), (8192, 57.1, 209),
]

@Suite struct ChunkSweepTests {
  @Test(arguments: figure2.indices) func figure2IsMet(_ index: Int) throws {
    let measured = figure2[index]
    let sweep = try ChunkSweep(promptTokens: 8192, chunkTokens: measured.chunk, on: paperCostModel())
    let bytes = sweep.expertBytes.value / 1e9 / measured.expertGigabytes - 1
    let time = sweep.totalTime.value * 1e3 / measured.milliseconds - 1
    #expect(bytes.magnitude < 0.03, "expert bytes are off by \(bytes)")
    #expect(
      time.magnitude < 0.05, "total time is off by \(time); experts \(sweep.expertTime), other \(sweep.otherTime)")
  }

  @Test func aLastChunkMayBeShorter() throws {
    let cost = try paperCostModel()
    let even = ChunkSweep(promptTokens: 1000, chunkTokens: 500, on: cost)
    let odd = ChunkSweep(promptTokens: 1001, chunkTokens: 500, on: cost)
    let whole = ChunkSweep(promptTokens: 1000, chunkTokens: 1000, on: cost)
    #expect(whole.totalTime < even.totalTime && even.totalTime < odd.totalTime)
  }
}
