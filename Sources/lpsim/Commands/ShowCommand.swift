import ArgumentParser
import Base
import HardwareModels
import Results
import Sim

/// `lpsim show`.
struct ShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Shows a deployment as it is simulated: every setting, its memory and its ridge points.",
    discussion: """
      Memory is that of a GPU of the fullest stage. tensorParallel GPUs share the layers of each of dataParallel attention \
      ranks, which have requests and KV cache of their own; experts are cut like the rest, or spread whole over \
      expertParallel = tensorParallel x dataParallel GPUs; pipelineParallel stages own the layers. Spread experts stand \
      where chance put them, or as expertPlacement says: random, balanced (as EPLB does), dealt or stacked; \
      redundantExperts copies go to the most wanted ones of a layer.

      EXAMPLES
        lpsim show configs/qwen3-30b.json
        lpsim show qwen3-30b --set gpu=h200-sxm-141gb --set tensorParallel=1
        lpsim show deepseek-r1 --set expertParallel=8 --set pipelineParallel=2
        lpsim show deepseek-r1 --set expertParallel=8 --set expertPlacement=balanced --set redundantExperts=32
        lpsim show qwen3-30b --config-only > mine.json
      """)

  @OptionGroup var deployment: DeploymentOptions

  @Flag(help: "Print the resolved configuration only, as JSON that `lpsim run` accepts.")
  var configOnly = false

  func run() throws {
    let resolved = try deployment.resolve(in: .standard())
    let deployment = try Deployment(reading: resolved)
    let config = resolved.prettyJSON()
    try Terminal.print(
      configOnly ? config + "\n" : config + "\n\n" + memory(of: deployment) + "\n" + ridges(of: deployment))
  }

  private func memory(of deployment: Deployment) throws -> String {
    let pools = try deployment.compared.flatMap { try deployment.pools(under: $0) }
    let budgets = try pools.map { try deployment.memoryBudget(under: $0.pool.policy) }
    func row(_ title: String, _ value: (MemoryBudget) -> String) -> [String] { [title] + budgets.map(value) }
    func count(_ count: Int, in budget: MemoryBudget) -> String {
      budget.kvBytesPerToken > .zero ? "\(count)" : "no limit"
    }
    func gigabytes(_ bytes: Bytes) -> String { decimal(bytes.value / 1e9) }
    return table(
      ["memory of each GPU"] + pools.map(\.title),
      [
        ["GPUs"] + pools.map { "\($0.pool.replicaCount * deployment.parallelism.gpuCount)" },
        ["cut of a replica"] + pools.map { _ in cut(of: deployment) },
        row("usable, GB") { gigabytes($0.usable) },
        row("weights, GB") { gigabytes($0.weights) },
        row("activations, GB") { gigabytes($0.activations) },
        row("reserved, GB") { gigabytes($0.reserved) },
        row("windowed layers' KV cache, GB") { gigabytes($0.windowCache) },
        row("KV bytes of a token") { "\(Int($0.kvBytesPerToken.value))" },
        row("KV blocks") { count($0.blocks, in: $0) },
        row("KV tokens") { count($0.tokens, in: $0) },
      ])
  }

  private func cut(of deployment: Deployment) -> String {
    let it = deployment.parallelism
    let degrees = [("tensor", it.tensor), ("data", it.data), ("pipeline", it.pipeline)].filter { $0.1 > 1 }
    let experts = deployment.model.transformer.experts.map { "\(it.expertsHeld(of: $0.count)) experts a GPU" }
    let words = degrees.map { "\($0.0) \($0.1)" }.joined(separator: " x ") + (it.expert > 1 ? ", \(experts ?? "")" : "")
    return words.isEmpty ? "none" : words
  }

  private func ridges(of deployment: Deployment) -> String {
    let rows = NumberFormat.allCases.compactMap { format in
      deployment.gpu.ridgePoint(for: format).map { [format.rawValue, decimal($0.value)] }
    }
    return table(["weights", "ridge point, FLOP a byte"], rows)
  }
}
