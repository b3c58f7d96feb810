import Analysis
import Base
import HardwareModels
import Results
import Sim

/// What `lpsim analyze` says of a deployment.
struct DeploymentAnalysis {
  let deployment: Deployment
  let context: Int
  /// The prefill, then the decodes.
  let phases: [PhaseAnalysis]
  /// The closed forms of the deployment's own GPUs.
  let balance: Balance
  /// Requests of this context that the KV cache holds; nil for any number.
  let capacity: Int?
  /// Systems of many GPUs, if asked for.
  let scaling: Scaling?
  let diagnosis: Diagnosis

  /// Analyses a prompt and these batches; without any, the largest that memory and limits allow.
  init(of deployment: Deployment, context: Int, batches: [Int], sizes: [Int]?) throws {
    self.deployment = deployment
    self.context = context
    let model = try deployment.costModel()
    capacity = try Self.capacity(of: deployment, context: context)
    let decodes = (batches.isEmpty ? [min(capacity ?? .max, deployment.maxNumSeqs)] : batches).map {
      PhaseAnalysis(decoding: $0, context: context, on: model)
    }
    phases = [PhaseAnalysis(prefilling: context, on: model)] + decodes
    let degree = deployment.tensorParallel
    let memory = deployment.gpu.memory * deployment.gpuMemoryUtilization
    balance = try Balance(
      of: deployment.model,
      on: SystemShape(
        of: deployment.gpu, gpus: degree, tensorParallel: degree, expertParallel: degree, memory: memory,
        link: deployment.gpu.linkBandwidth.map { Link(bandwidth: $0, latency: .zero) }))
    scaling = try sizes.map { sizes in
      do {
        return try Scaling(
          of: deployment.model, on: deployment.gpu, memory: memory, sizes: sizes, tensorParallel: degree,
          context: context)
      } catch let error as InputError {
        throw InputError(.usage, file: "--gpus", error.problem, hint: error.hint)
      }
    }
    diagnosis = Diagnosis(of: decodes[decodes.count - 1], capacity: capacity)
  }

  private static func capacity(of deployment: Deployment, context: Int) throws -> Int? {
    let budget = try deployment.memoryBudget(under: deployment.policy(deployment.compared[0]))
    guard budget.kvBytesPerToken > .zero else { return nil }
    let requests = budget.blocks / ((context + budget.blockSize - 1) / budget.blockSize)
    guard requests > 0 else {
      throw InputError(
        .usage, file: "--context", "no request of \(context) tokens fits; the KV cache holds \(budget.tokens) tokens")
    }
    return requests
  }

  /// The tables and what they come to, for a terminal.
  var text: String {
    let shape =
      "\(deployment.name): \(deployment.model.name) on \(deployment.tensorParallel) x \(deployment.gpu.name)\n\n"
    let tables =
      phases.map { $0.text } + [imbalanceTable, batchTable].compactMap(\.self) + (scaling.map { [text(of: $0)] } ?? [])
    return shape + tables.joined(separator: "\n") + "\n" + wrapped(conclusion) + "\n"
  }

  var conclusion: String { "What limits decoding: \(diagnosis.resource.rawValue). \(diagnosis.reason)." }

  /// Nil where experts are not spread over GPUs.
  private var imbalanceTable: String? {
    let rows = phases.compactMap { phase in
      phase.expertImbalance.map { [phase.title, grouped($0, decimals: 2)] }
    }
    let cut = deployment.parallelism
    let place = "experts on \(cut.expert) GPUs, \(cut.placement.rawValue), \(cut.redundantExperts) redundant"
    return rows.isEmpty ? nil : table([place, "busiest GPU's pairs over the mean"], rows)
  }

  private var batchTable: String {
    let tokens = "at \(context) tokens each"
    let rows: [(String, Double?)] = [
      ("B_attn: attention's projections reach the ridge point", balance.attentionRidgeBatch),
      ("B_MoE: experts reach the ridge point", balance.expertRidgeBatch),
      ("B_cap: memory holds no more \(tokens)", capacity.map { Double($0) }),
      ("maxNumSeqs: no more run at once", Double(deployment.maxNumSeqs)),
    ]
    return table(["batch", "requests"], rows.map { [$0, cell($1?.rounded())] })
  }

  private func text(of scaling: Scaling) -> String {
    table(
      ["GPUs", "copies", "B_attn", "B_MoE", "B_cap", "TPOT ms", "link ms", "tokens/s a GPU", "limited by"],
      scaling.points.map { point in
        let (balance, time) = (point.balance, point.time)
        let fits = point.batch > 0
        return [
          "\(balance.system.gpus)", "\(balance.system.copies)", cell(balance.attentionRidgeBatch?.rounded()),
          cell(balance.expertRidgeBatch?.rounded()), cell(fits ? point.batch : nil),
          cell(fits ? time.total.value * 1e3 : nil), cell(fits ? time.link.value * 1e3 : nil),
          cell(fits ? balance.tokensPerSecondAndGPU(batch: point.batch, in: time.total) : nil), point.limit.rawValue,
        ]
      })
  }
}

/// A number of a table, or that there is none.
private func cell(_ value: Double?) -> String { value.map { readable($0).replacing(",", with: "") } ?? "–" }

private func milliseconds(_ time: Seconds) -> String { grouped(time.value * 1e3, decimals: 3).replacing(",", with: "") }

extension PhaseAnalysis {
  /// Every operator under a line that says what is iterated.
  fileprivate var text: String {
    let rows = operators.map { operation in
      let cost = operation.cost
      let bytes = cost.traffic.memory > .zero ? cost.traffic.memory : cost.traffic[.link]
      return [
        cost.name, "\(cost.layers)", cell(cost.flops.value / 1e9), cell(bytes.value / 1e6),
        cell(operation.intensity?.value), cell(operation.ridge?.value), cost.bound.rawValue,
        milliseconds(operation.roofline), milliseconds(cost.duration), grouped(100 * operation.share, decimals: 1),
      ]
    }
    return "\(title): \(readable(duration.value * 1e3)) ms\n"
      + table(
        ["operator", "layers", "GFLOP", "MB", "FLOP/B", "ridge", "bound", "roofline ms", "ms", "share %"], rows)
  }
}
