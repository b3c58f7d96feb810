import Base
import HardwareModels
import Sim
import Traces

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Measures the engine with the real cost model on one core: `lpsim-bench [requests ...]`, one JSON object a line.
///
/// The workload is the deployment configs/qwen3-30b.json serving the ShareGPT recipe at a rate that both policies
/// sustain, nothing recorded. Time is the process's CPU time, the best of several repeats.
@main
enum Benchmark {
  static let rate = RequestsPerSecond(3.0)
  static let policies = ["chunked", "layered"]

  static func main() throws {
    let counts = CommandLine.arguments.dropFirst().compactMap { Int($0) }
    let library = ConfigLibrary(roots: ["configs"])
    let deployment = try Deployment(reading: library.resolve("qwen3-30b"))
    let recipe = try TraceRecipe(reading: library.load("sharegpt", .trace))
    for requests in counts.isEmpty ? [10_000, 1_000_000] : counts {
      for policy in policies {
        let workload = try Workload(
          .recipe(recipe), arrivals: deployment.arrivals, rate: rate, requestCount: requests, seed: deployment.seed)
        try measure(policy, workload, deployment, repeats: requests > 100_000 ? 3 : requests < 1000 ? 1 : 15)
      }
    }
  }

  private static func measure(
    _ name: String, _ workload: Workload, _ deployment: Deployment, repeats: Int
  ) throws {
    var best = Double.infinity
    var summary = RunSummary()
    for _ in 0..<repeats {
      let policy = try deployment.policy(name)
      let server = try deployment.server(under: policy, serviceLevel: deployment.serviceLevel)
      var simulation = Simulation(
        of: try workload.open(), on: server, policy: policy, costModel: try deployment.costModel())
      let start = processorTime()
      summary = try simulation.run()
      best = min(best, processorTime() - start)
    }
    let tokens = summary.promptTokens + summary.outputTokens
    print(
      """
      {"policy":"\(name)","requests":\(summary.requestsCompleted),"iterations":\(summary.iterations),\
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
