import Base
import HardwareModels
import Sim
import Traces

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Measures the engine with the real cost model on one core: `lpsim-bench [requests or requests x replicas, as in
/// 1000000x64 ...]`, one JSON object a line.
///
/// The workload is the deployment configs/qwen3-30b.json serving the ShareGPT recipe at a rate that every policy
/// sustains, nothing recorded. Several replicas are behind the router that looks at each of them, and half of them
/// prefill where they are disaggregated. Time is the process's CPU time, the best of several repeats.
@main
enum Benchmark {
  static let ratePerReplica = RequestsPerSecond(3.0)

  static func main() throws {
    let cases = CommandLine.arguments.dropFirst().map { $0.split(separator: "x").compactMap { Int($0) } }
    for numbers in cases.isEmpty ? [[10_000], [1_000_000], [1_000_000, 64]] : cases {
      guard let requests = numbers.first, numbers.count <= 2 else {
        throw InputError(.usage, "expected numbers of requests, such as 10000 or 1000000x64")
      }
      try measure(requests: requests, replicas: numbers.count > 1 ? numbers[1] : 1)
    }
  }

  private static func measure(requests: Int, replicas: Int) throws {
    let library = ConfigLibrary(roots: ["configs"])
    let settings = [
      "replicas=\(replicas)", "router=\(LeastOutstandingTokens.name)",
      "policies.disaggregated.prefillReplicas=\(max(1, replicas / 2))",
    ]
    let deployment = try Deployment(
      reading: library.resolve("qwen3-30b", overrides: settings.map { try ConfigOverride(parsing: $0) }))
    let workload = try Workload(
      .recipe(TraceRecipe(reading: library.load("sharegpt", .trace))), arrivals: deployment.arrivals,
      rate: ratePerReplica * Double(replicas), requestCount: requests, seed: deployment.seed)
    for policy in ["chunked", "layered"] + (replicas > 1 ? [Disaggregation.name] : []) {
      try measure(policy, workload, deployment, repeats: requests > 100_000 ? 3 : requests < 1000 ? 1 : 15)
    }
  }

  private static func measure(
    _ name: String, _ workload: Workload, _ deployment: Deployment, repeats: Int
  ) throws {
    var best = Double.infinity
    var summary = RunSummary()
    for _ in 0..<repeats {
      let server = try deployment.server(under: name, serviceLevel: deployment.serviceLevel)
      var simulation = Simulation(of: try workload.open(), on: server, costModel: try deployment.costModel())
      let start = processorTime()
      summary = try simulation.run()
      best = min(best, processorTime() - start)
    }
    let tokens = summary.promptTokens + summary.outputTokens
    print(
      """
      {"policy":"\(name)","replicas":\(deployment.replicas),"requests":\(summary.requestsCompleted),"iterations":\(summary.iterations),\
      "cpu_s":\(best),"iterations_per_s":\(Int(Double(summary.iterations) / best)),\
      "requests_per_s":\(Int(Double(summary.requestsCompleted) / best)),"tokens_per_s":\(Int(Double(tokens) / best)),\
      "peak_memory_mb":\(peakMemoryBytes() / 1_000_000),"check":\(summary.lastFinish.nanoseconds)}
      """)
  }

  private static func processorTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  private static func peakMemoryBytes() -> Int {
    var usage = rusage()
    #if canImport(Glibc)
      getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
      return usage.ru_maxrss * 1024
    #else
      getrusage(RUSAGE_SELF, &usage)
      return usage.ru_maxrss
    #endif
  }
}
