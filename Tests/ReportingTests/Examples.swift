import Base
import HardwareModels
import Pictures
import Results
import TestSupport

@testable import Reporting
@testable import Sim

/// A run of a policy at a rate.
func describe(
  _ policy: String, index: Int = 0, name: String = "tiny", trace: String = "arxiv", rate: Double? = 1.5
) -> RunDescription {
  RunDescription(
    name: name, policy: policy, policyIndex: index, trace: trace, rate: rate, seed: 7,
    serviceLevel: ServiceLevel(timeToFirstToken: .seconds(2), timeBetweenTokens: .seconds(0.125)),
    config: "{\"deployment\":{\"seed\":7},\"workload\":{\"rate_rps\":\(rate ?? 0),\"recipe\":null}}", files: [],
    programVersion: "0.1.0")
}

/// So many of four requests of 100 prompt and 25 output tokens each within their limits; TTFT 1 to 4 s, gaps of 50 ms.
func summary(within: Int = 3, scale: Double = 1) -> RunSummary {
  var summary = RunSummary()
  summary.requestsArrived = 4
  summary.requestsCompleted = 4
  summary.requestsWithinServiceLevel = within
  (summary.promptTokens, summary.outputTokens) = (400, 100)
  (summary.iterations, summary.gpuCount) = (3, 1)
  summary.lastFinish = .seconds(6)
  for (index, kind) in TrafficClass.allCases.enumerated() {
    summary.work.traffic[kind] = Bytes(Double(index + 1) * 1e9 * scale)
  }
  for (index, part) in EnergyComponent.allCases.enumerated() { summary.work.energy[part] = Joules(Double(index + 1)) }
  for seconds in 1...4 { summary.timeToFirstToken.add(.seconds(Double(seconds) * scale)) }
  summary.timeBetweenTokens.add(.seconds(0.05 * scale), weight: 96)
  return summary
}

/// A request whose tokens come out at the ends of iterations.
func request(_ number: Int, arrival: Double, finish: Double, prompt: Int, gap: Double, at: [ClosedRange<Int>])
  -> RequestRecord
{
  RequestRecord(
    id: RequestID(number), outcome: .completed, replica: ReplicaID(0), arrival: .seconds(arrival),
    firstScheduled: .seconds(arrival),
    firstToken: .seconds(arrival), finish: .seconds(finish), promptTokens: prompt, cachedTokens: 0,
    outputTokens: at.reduce(0) { $0 + $1.count }, largestGap: .seconds(gap), preemptions: 0,
    emissions: at.map { Emission(ReplicaID(0), $0) })
}

/// An iteration of one second or more.
func iteration(_ index: Int, _ start: Double, _ end: Double, decodes: Int, blocks: Int) -> IterationRecord {
  IterationRecord(
    index: index, start: .seconds(start), end: .seconds(end), decodes: decodes, usedBlocks: blocks)
}

extension Scratch {
  /// Records a run into `runs.sqlite`, and opens that.
  @discardableResult func store(
    _ run: RunDescription, _ summary: RunSummary = summary(), requests: [RequestRecord] = [],
    iterations: [IterationRecord] = []
  ) throws -> ResultsFile {
    let recording = try RunStore(path: path("runs.sqlite")).begin(run, detail: .iterations)
    for request in requests { try recording.record(request) }
    for iteration in iterations { try recording.record(iteration) }
    try recording.finish(summary)
    return try ResultsFile(path: path("runs.sqlite"))
  }

  /// A file in which two policies served two requests in three iterations.
  func storeTwo() throws -> ResultsFile {
    let requests = [
      request(0, arrival: 0, finish: 5, prompt: 300, gap: 3, at: [0...0, 2...2]),
      request(1, arrival: 1, finish: 5, prompt: 100, gap: 2, at: [1...2]),
    ]
    let iterations = [
      iteration(0, 0, 2, decodes: 0, blocks: 4), iteration(1, 2, 3, decodes: 1, blocks: 6),
      iteration(2, 3, 5, decodes: 2, blocks: 8),
    ]
    try store(describe("chunked"), requests: requests, iterations: iterations)
    return try store(
      describe("layered", index: 1), summary(within: 4, scale: 0.5), requests: requests, iterations: iterations)
  }
}

extension ResultsFile {
  /// The figures of all its runs, as one comparison, of a sort.
  func figures(_ kind: any FigureKind.Type) throws -> [Figure] { try kind.figures(of: .comparison(runs, in: self)) }
}

extension Figure {
  /// The pictures of a panel that have axes.
  func plots(_ panel: Int) -> [Plot] { panels[panel].drawings.compactMap { $0 as? Plot } }
}
