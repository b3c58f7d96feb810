import Base
import HardwareModels

@testable import Results
@testable import Sim

/// A run of a policy on the configuration `{"seed":7}`, or another.
func describe(_ policy: String, index: Int = 0, config: String = "{\"seed\":7}") -> RunDescription {
  RunDescription(
    name: "tiny", policy: policy, policyIndex: index, trace: "arxiv", rate: 1.3, seed: 7,
    serviceLevel: ServiceLevel(timeToFirstToken: .seconds(10), timeBetweenTokens: .seconds(0.125)),
    config: config, files: [.init(name: "models/tiny.json", contentHash: "00ff")], programVersion: "0.1.0")
}

/// Two requests of 100 prompt and 3 output tokens on two GPUs in 10 s: TTFT 1 and 2 s, every gap 50 ms; one of the two
/// within its service level; numbers that divide well.
func roundSummary() -> RunSummary {
  var summary = RunSummary()
  summary.requestsArrived = 3
  summary.requestsCompleted = 2
  summary.requestsRejectedTooLong = 1
  summary.requestsWithinServiceLevel = 1
  summary.promptTokens = 200
  summary.cachedTokens = 64
  summary.outputTokens = 6
  summary.iterations = 8
  summary.decodeIterations = 2
  summary.decodedTokens = 4
  summary.prefillTokenLayers = 800
  summary.inFlightAtArrivals = 6
  summary.requestsMoved = 2
  summary.movedBytes = Bytes(8e9)
  summary.movingTime = Seconds(0.5)
  summary.firstArrival = .seconds(1)
  summary.lastFinish = .seconds(11)
  summary.gpuCount = 2
  summary.work = roundWork()
  summary.idleEnergy = Joules(40)
  for seconds in [1.0, 2.0] { summary.timeToFirstToken.add(.seconds(seconds)) }
  summary.timeBetweenTokens.add(.seconds(0.05), weight: 4)
  summary.timePerOutputToken.add(.seconds(0.05), weight: 2)
  for seconds in [1.1, 2.1] { summary.endToEnd.add(.seconds(seconds)) }
  return summary
}

private func roundWork() -> IterationCost {
  var work = IterationCost()
  work.duration = Seconds(4)
  work.kernelTime = Seconds(3)
  work.flops = Flops(5e12)
  for (index, kind) in TrafficClass.allCases.enumerated() { work.traffic[kind] = Bytes(Double(index + 1) * 1e9) }
  for (index, component) in EnergyComponent.allCases.enumerated() {
    work.energy[component] = Joules(Double(index + 1) * 10)
  }
  return work
}

/// The same requests under a policy that halves TTFT, saves a tenth of the energy and two fifths of the expert load, and
/// serves everybody well.
func betterSummary() -> RunSummary {
  var summary = roundSummary()
  summary.requestsWithinServiceLevel = 2
  summary.timeToFirstToken = Distribution()
  for seconds in [0.5, 1.0] { summary.timeToFirstToken.add(.seconds(seconds)) }
  summary.work.traffic[.expertWeights] = Bytes(1.2e9)
  summary.work.energy[.weights] = Joules(8)
  return summary
}

/// A request that was served, with every field different.
func servedRequest(_ number: Int = 0) -> RequestRecord {
  RequestRecord(
    id: RequestID(number), outcome: .completed, replica: ReplicaID(4), arrival: .seconds(1),
    firstScheduled: .seconds(1.5),
    firstToken: .seconds(2), cacheArrival: .seconds(2.05), finish: .seconds(2.3), promptTokens: 100,
    cachedTokens: 64, outputTokens: 3, largestGap: .seconds(0.2), preemptions: 1,
    emissions: [Emission(ReplicaID(4), 7...7), Emission(ReplicaID(6), 9...10)])
}

/// An iteration with every field different.
func iteration(_ index: Int = 0, prefillLayers: Range<Int> = 12..<24) -> IterationRecord {
  IterationRecord(
    replica: ReplicaID(3), index: index, start: .seconds(1), end: .seconds(5), decodes: 11, prefillTokenLayers: 1200,
    prefillRequests: 2,
    prefillLayers: prefillLayers, emittedTokens: 13, waiting: 14, usedBlocks: 15, cost: roundWork())
}
