import Base
import HardwareModels
import TestSupport
import Testing

@testable import Fidelity
@testable import Sim

@Suite struct RunningTests {
  private let library = ConfigLibrary(roots: [projectFile("configs")])

  private func run(_ text: String) throws -> ServedRun {
    var fields = try ConfigFields(ConfigNode(parsing: text, file: "run.json"))
    return try ServedRun(reading: &fields)
  }

  private func small(_ policy: String) throws -> ServedRun {
    try run(
      """
      {"deployment": "qwen3-30b", "trace": "arxiv", "policy": "\(policy)", "rate": 1, "requests": 5}
      """)
  }

  @Test func theOrderOfRunsChangesNothing() async throws {
    let runs = try small("chunked").over(seeds: 3) + small("layered").over(seeds: 3)
    let forwards = try await Laboratory(library).outcomes(of: runs)
    let backwards = try await Laboratory(library).outcomes(of: runs.reversed() + runs)
    for run in runs {
      for name in ["ttft_mean_ms", "tbt_p99.9_ms", "e2e_p5_ms", "energy_per_token_mj"] {
        #expect(forwards[run][name] != nil && forwards[run][name] == backwards[run][name])
      }
    }
    #expect(forwards[runs[0]]["ttft_mean_ms"] != forwards[runs[1]]["ttft_mean_ms"])
    #expect(Laboratory.requests(of: runs + runs) == 30)
  }

  @Test func aWrongRunIsAnError() async throws {
    let wrong = try small("layerd")
    let error = await #expect(throws: InputError.self) { try await Laboratory(library).outcomes(of: [wrong]) }
    #expect(error?.description.hasSuffix("no policy \"layerd\" — did you mean \"layered\"?") == true)
    let outcomes = try await Laboratory(library).outcomes(of: [small("chunked")])
    let missing = #expect(throws: InputError.self) {
      try outcomes.values("ttft_men_ms", of: small("chunked"), seeds: 1)
    }
    #expect(missing?.description == "no run has a metric \"ttft_men_ms\"")
  }

  /// An iteration of a second with four requests and 100 J.
  private func iteration(at second: Int, waiting: Int) -> IterationRecord {
    var record = IterationRecord()
    record.start = SimTime.zero + .seconds(Double(second))
    record.end = record.start + .seconds(1)
    record.decodes = 4
    record.emittedTokens = 4
    record.waiting = waiting
    record.cost.energy[.busy] = Joules(100)
    return record
  }

  @Test func onlyFullBatchesCountAndNotTheFirst() throws {
    let observer = FullBatchObserver(after: 1)
    observer.record(iteration(at: 0, waiting: 3))
    #expect(throws: InputError.self) { try observer.outcome() }
    let left = RequestRecord(
      id: RequestID(0), outcome: .completed, replica: ReplicaID(0), arrival: .zero, firstScheduled: .zero,
      firstToken: .zero, finish: .zero, promptTokens: 1, cachedTokens: 0, outputTokens: 1, largestGap: .zero,
      preemptions: 0, emissions: [])
    observer.record(left)
    observer.record(iteration(at: 1, waiting: 2))
    observer.record(iteration(at: 2, waiting: 0))
    let outcome = try observer.outcome()
    #expect(outcome["itl_median_ms"] == 1000 && outcome["mean_power_w"] == 100 && outcome["mean_batch"] == 4)
    #expect(outcome["energy_per_output_token_j"] == 25)
  }
}
