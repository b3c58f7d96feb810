import Base
import Sim
import Testing

@testable import Results

@Suite struct MetricTests {
  /// What other programs rely on.
  private static let fixedNames = """
    ttft_mean_ms ttft_p50_ms ttft_p90_ms ttft_p99_ms tbt_mean_ms tbt_p99_ms tbt_max_ms tpot_mean_ms e2e_mean_ms
    e2e_p99_ms slo_attainment_pct goodput_rps request_throughput_rps output_throughput_tps requests_completed
    requests_rejected preemptions iterations mean_requests_in_flight mean_decode_batch expert_load_bytes hbm_bytes
    nvlink_bytes flops energy_j energy_per_token_mj energy_per_output_token_mj mean_power_w makespan_s
    """

  @Test func theNamesThatOthersRelyOnAreThere() {
    let names = Metric.all.map(\.name)
    let missing = Self.fixedNames.split { " \n".contains($0) }.filter { !names.contains(String($0)) }
    #expect(missing.isEmpty)
  }

  @Test func everyMetricHasANameOfItsOwn() {
    #expect(Set(Metric.all.map(\.name)).count == Metric.all.count)
  }

  @Test func theUnitStandsInTheNameToo() {
    let endings: [(unit: MetricUnit, ending: String)] = [
      (.milliseconds, "_ms"), (.seconds, "_s"), (.percent, "_pct"), (.requestsPerSecond, "_rps"),
      (.tokensPerSecond, "_tps"), (.joules, "_j"), (.millijoules, "_mj"), (.watts, "_w"),
    ]
    for metric in Metric.all {
      if let ending = endings.first(where: { $0.unit == metric.unit })?.ending {
        #expect(metric.name.hasSuffix(ending), "\(metric.name)")
      }
      #expect((metric.unit == .bytes) == (metric.name.contains("_bytes")), "\(metric.name)")
    }
  }

  @Test func theRoundSummaryIsWorkedOutByHand() {
    let result = RunResult(describe("chunked"), roundSummary())
    let expected: [(String, Double)] = [
      ("requests_arrived", 3), ("requests_completed", 2), ("requests_rejected", 1), ("requests_rejected_too_long", 1),
      ("requests_rejected_no_memory", 0), ("prompt_tokens", 200), ("output_tokens", 6), ("makespan_s", 10),
      ("request_throughput_rps", 0.2), ("output_throughput_tps", 0.6), ("mean_requests_in_flight", 2),
      ("ttft_mean_ms", 1500), ("ttft_p50_ms", 1500), ("ttft_p90_ms", 1900), ("ttft_p99_ms", 1990),
      ("ttft_max_ms", 2000), ("tbt_mean_ms", 50), ("tbt_p99_ms", 50), ("tpot_mean_ms", 50), ("e2e_mean_ms", 1600),
      ("slo_attainment_pct", 50), ("goodput_rps", 0.1), ("iterations", 8), ("mean_iteration_ms", 500),
      ("kernel_time_pct", 75), ("mean_decode_batch", 2), ("preemptions", 0), ("flops", 5e12), ("hbm_bytes", 15e9),
      ("dense_weights_bytes", 1e9), ("expert_weights_bytes", 2e9), ("kv_read_bytes", 3e9), ("kv_write_bytes", 4e9),
      ("activations_bytes", 5e9), ("expert_load_bytes", 2e9), ("expert_load_bytes_per_request", 1e9),
      ("nvlink_bytes", 6e9), ("energy_j", 320), ("energy_idle_j", 50), ("energy_busy_j", 20),
      ("energy_compute_j", 30), ("energy_weights_j", 40), ("energy_kv_cache_j", 50), ("energy_activations_j", 60),
      ("energy_link_j", 70), ("energy_per_token_mj", 320_000 / 206.0), ("energy_per_output_token_mj", 320_000 / 6.0),
      ("mean_power_w", 32), ("mean_power_per_gpu_w", 16),
    ]
    for (name, value) in expected {
      let found = result[name] ?? .infinity
      #expect((found - value).magnitude <= 1e-12 * value, "\(name): \(found), expected \(value)")
    }
  }

  @Test func energyAndTrafficAreTheSumsOfTheirParts() throws {
    let result = RunResult(describe("chunked"), roundSummary())
    func sum(_ names: String) -> Double { names.split(separator: " ").reduce(0) { $0 + (result["\($1)"] ?? .nan) } }
    let parts = "energy_idle_j energy_busy_j energy_compute_j energy_weights_j energy_kv_cache_j energy_activations_j"
    #expect(sum(parts + " energy_link_j") == sum("energy_j"))
    let classes = "dense_weights_bytes expert_weights_bytes kv_read_bytes kv_write_bytes activations_bytes"
    #expect(sum(classes) == sum("hbm_bytes"))
  }

  @Test func aRunThatCompletedNothingHasCountsAndNoRatios() {
    var summary = RunSummary()
    summary.requestsArrived = 2
    summary.requestsRejectedNoMemory = 2
    summary.inFlightAtArrivals = 2
    summary.firstArrival = .seconds(5)
    let result = RunResult(describe("chunked"), summary)
    let valued = zip(Metric.all, result.values).filter { $1 != nil }.map(\.0.name)
    let expected =
      Metric.all.map(\.name).filter {
        $0.hasPrefix("requests_") || $0.hasSuffix("_tokens") || $0.hasSuffix("_bytes") || $0 == "preemptions"
          || $0 == "iterations" || $0 == "flops" || $0.hasSuffix("_j") || $0 == "mean_requests_in_flight"
      }
    #expect(valued == expected)
  }

  @Test func whatNobodyMeteredHasNoEnergyBeItOnlyWhileGPUsWaited() {
    var working = roundSummary()
    working.work.energy = .unmetered
    var waiting = roundSummary()
    waiting.idleEnergy = Joules(.nan)
    for summary in [working, waiting] {
      let result = RunResult(describe("chunked"), summary)
      let absent = zip(Metric.all, result.values).filter { $1 == nil }.map(\.0.name)
      #expect(absent == Metric.all.filter { $0.group == .energy }.map(\.name))
      let lines = comparisonTable([result, result]).split(separator: "\n")
      #expect(lines.last == "Energy: not metered")
    }
  }

  @Test func anEmptyRunDividesByNothing() {
    let result = RunResult(describe("chunked"), RunSummary())
    #expect(result["mean_requests_in_flight"] == nil)
    #expect(result["requests_arrived"] == 0)
  }

  @Test func aSingleTokenAnswerHasNoTimeBetweenTokens() {
    var summary = roundSummary()
    summary.timeBetweenTokens = Distribution()
    summary.timePerOutputToken = Distribution()
    summary.decodeIterations = 0
    summary.decodedTokens = 0
    let result = RunResult(describe("chunked"), summary)
    let absent = zip(Metric.all, result.values).filter { $1 == nil }.map(\.0.name)
    let tbt = ["mean", "p50", "p90", "p99", "max"].map { "tbt_\($0)_ms" }
    let tpot = ["mean", "p50", "p90", "p99", "max"].map { "tpot_\($0)_ms" }
    #expect(absent == tbt + tpot + ["mean_decode_batch"])
  }
}
