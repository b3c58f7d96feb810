import Base
import HardwareModels
import Sim
import TestSupport
import Testing
import Traces

@testable import RealKernels

@Suite(.enabled(if: machines.contains { $0.backend == .cpu }, "\(notBuilt)")) struct RunnerCalibrationTests {
  private func calibration() throws -> RunnerCalibration {
    let machine = try #require(machines.first { $0.backend == .cpu })
    let real = try RealTransformer(smallModel(), on: machine.open(threads: 1), seed: 1)
    var calibration = try RunnerCalibration(real, mostTokens: 20, mostRequests: 3, maxModelLen: 40, seed: 2)
    try calibration.complete(rounds: 2)
    return calibration
  }

  @Test func aRoundMeasuresEveryOperatorFromOneTokenToTheMost() throws {
    let times = try calibration().times
    #expect(times.promptLayer.points.map(\.count) == [1, 2, 3, 4, 6, 8, 12, 16, 20])
    #expect(times.decodeLayer.points.map(\.count) == [1, 2, 3])
    #expect(times.ends.points.map(\.count) == [1, 2, 3])
    #expect(times.prefillAttention.weights.count == 4 && times.decodeAttention.weights.count == 3)
    let tables = [times.promptLayer, times.decodeLayer, times.ends]
    #expect(tables.allSatisfy { $0.points.allSatisfy { $0.seconds > 0 } && $0.seconds(0) == 0 })
  }

  @Test func aTokenTouchesItsExpertsAndManyTokensNoMoreThanThereAre() throws {
    let coverage = try calibration().coverage
    #expect(coverage.prompt.first?.experts == 2 && coverage.decode.first?.experts == 2)
    #expect(coverage.prompt.allSatisfy { (2...6).contains($0.experts) })
    #expect(coverage.decode.map(\.rows) == [1, 2, 3])
  }

  @Test func measuredTimesPriceAnyWorkload() throws {
    let model = MeasuredCostModel(smallModel(), times: try calibration().times)
    for policy: any SchedulingPolicy in [ChunkedPrefill(tokenBudget: 8), RandomPolicy(seed: 4)] {
      var simulation = Simulation(
        of: ScriptedSource(smallTrace(seed: 6)), on: tinyServer(layers: 5, maxModelLen: 256, under: policy),
        costModel: model)
      let summary = try simulation.run()
      #expect(summary.requestsCompleted == 5)
      #expect(summary.work.duration > summary.work.kernelTime && !summary.work.energy.isMetered)
    }
  }

  @Test func moreNeverTakesLess() {
    #expect(ascending([1, 2, 4]) == [1, 2, 4] && ascending([]) == [])
    #expect(ascending([3, 1, 2, 5, 4]) == [2, 2, 2, 4.5, 4.5])
    let table = TimeTable([(4, 7), (1, 9), (2, 1), (4, 7), (8, 6)])
    #expect(table.points.map(\.seconds) == [5, 5, 6.5, 6.5])
    #expect(table.seconds(3) == 5.75 && table.seconds(100) == 6.5 && table.seconds(0) == 0)
  }

  @Test func twoLevelsAreFoundAgain() {
    let popularity = ExpertPopularity(weights: (0..<32).map { $0 < 8 ? 4 : 1 }, topK: 4)
    let counted = [1, 2, 4, 8, 16, 32].map { (rows: $0, experts: popularity.coverage(tokens: $0) * 32) }
    let found = ExpertPopularity.twoLevels(fitting: counted, count: 32, topK: 4)
    #expect(found == ExpertPopularity.TwoLevels(share: 0.25, ratio: 4))
  }

  @Test func windowsAreNotMeasured() throws {
    let machine = try #require(machines.first { $0.backend == .cpu })
    let real = try RealTransformer(smallModel(window: 8), on: machine.open(threads: 1), seed: 1)
    let found = message {
      _ = try RunnerCalibration(real, mostTokens: 4, mostRequests: 1, maxModelLen: 16, seed: 1)
    }
    #expect(found == "small has windowed layers, whose attention is not measured here")
  }
}
