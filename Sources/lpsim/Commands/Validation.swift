import Base
import HardwareModels
import RealKernels
import Results
import Sim

/// Measured and simulated runs of one workload, and what they say of each other.
struct Validation {
  /// One policy in one repeat.
  private struct Trial {
    var measured: RunResult
    var simulated: RunResult
    var iterations: [Pair]
  }

  /// What an iteration took, and its price.
  private struct Pair {
    var measured: IterationCost
    var priced: IterationCost
  }

  private static let metrics = [
    "mean_iteration_ms", "ttft_mean_ms", "tbt_mean_ms", "e2e_mean_ms", "makespan_s", "expert_load_bytes",
  ]
  /// By which a policy wins.
  private static let contests = ["ttft_mean_ms", "tbt_mean_ms", "e2e_mean_ms", "makespan_s"]

  private let experiment: Experiment
  private let policies: [String]
  private let machine: Machine
  private var calibration: RunnerCalibration
  /// By policy, then by repeat.
  private var trials: [[Trial]]

  /// Of a workload under some policies.
  init(of experiment: Experiment, policies: [String], on machine: Machine) throws {
    self.experiment = experiment
    self.policies = policies
    self.machine = machine
    let deployment = experiment.deployment
    let budgets = try policies.map {
      try deployment.policy($0)
        .mostBatchedTokens(maxRequests: deployment.maxNumSeqs, maxModelLen: deployment.maxModelLen)
    }
    calibration = try RunnerCalibration(
      machine.real, mostTokens: budgets.max() ?? 1, mostRequests: deployment.maxNumSeqs,
      maxModelLen: deployment.maxModelLen, seed: deployment.seed)
    trials = policies.map { _ in [] }
  }

  /// Serves the workload under each policy, with at least so many rounds of kernels meanwhile, and simulates it.
  mutating func measure(rounds: Int, _ title: String) throws {
    for (index, policy) in policies.enumerated() {
      Terminal.note("\(title): \(policy), with kernels between its iterations")
      trials[index].append(try trial(of: policy, rounds: rounds))
    }
  }

  private mutating func trial(of policy: String, rounds: Int) throws -> Trial {
    calibration.restart()
    let log = IterationLog(calibration)
    let executor = try machine.executor { _ in try Interrupt.check() }
    let measured = try experiment.simulate(policy, executor: CalibratingExecutor(executor, into: log))
    calibration = log.calibration
    try calibration.complete(rounds: rounds, check: { try Interrupt.check() })
    var model = MeasuredCostModel(machine.real.model, times: calibration.times)
    let simulated = try experiment.simulate(policy, costModel: model)
    let description = experiment.description(of: policy)
    return Trial(
      measured: RunResult(description, measured), simulated: RunResult(description, simulated),
      iterations: log.entries.map { Pair(measured: $0.measured, priced: model.cost(of: $0.work)) })
  }

  /// Tables of metrics, of like iterations, of experts, and who wins.
  var report: String { metricsTable + "\n" + iterationsTable + "\n" + coverageTable + "\n" + winners }

  private var metricsTable: String {
    var rows: [[String]] = []
    for (policy, trials) in zip(policies, trials) {
      for name in Self.metrics {
        let values = trials.compactMap { trial in
          trial.measured[name].flatMap { measured in trial.simulated[name].map { (measured, $0) } }
        }
        guard !values.isEmpty else { continue }
        let measured = values.map(\.0)
        rows.append(
          [policy, name, decimal(median(measured)), spread(measured), decimal(median(values.map(\.1)))]
            + errors(values.map { 100 * ($0.1 / $0.0 - 1) }))
      }
    }
    return table(["policy", "metric", "measured", "spread", "simulated", "error %", "errors %"], rows)
  }

  /// The same plans priced: what the kernels' times say without the queue that they make.
  private var iterationsTable: String {
    let rows = zip(policies, trials).map { policy, trials in
      func sums(_ trial: Trial, _ value: (Pair) -> (Double, Double)) -> Double {
        let pairs = trial.iterations.map(value)
        return 100 * (pairs.reduce(0) { $0 + $1.1 } / pairs.reduce(0) { $0 + $1.0 } - 1)
      }
      let times = trials.map { sums($0) { ($0.measured.duration.value, $0.priced.duration.value) } }
      let bytes = trials.map {
        sums($0) { ($0.measured.traffic[.expertWeights].value, $0.priced.traffic[.expertWeights].value) }
      }
      let single = trials.flatMap(\.iterations).map {
        100 * ($0.priced.duration.value / $0.measured.duration.value - 1).magnitude
      }
      return [policy, "\(trials.first?.iterations.count ?? 0)"] + errors(times) + [decimal(median(single))]
        + errors(bytes)
    }
    return "The iterations that really ran, priced one by one\n"
      + table(
        ["policy", "iterations", "time error %", "errors %", "median of one %", "expert bytes error %", "errors %"],
        rows)
  }

  /// Distinct experts of a layer call: counted in the calibration, and what the model's routing expects.
  private var coverageTable: String {
    guard let routing = machine.real.model.routing else { return "" }
    let coverage = calibration.coverage
    let prompt = coverage.prompt.map { rows, counted in
      ["prompt", "\(rows)", decimal(counted), decimal(routing.load(promptTokens: rows, decodeTokens: 0).distinct)]
    }
    let decode = coverage.decode.map { rows, counted in
      ["decode", "\(rows)", decimal(counted), decimal(routing.load(promptTokens: 0, decodeTokens: rows).distinct)]
    }
    return "Distinct experts of a layer call\n" + table(["tokens", "count", "counted", "expected"], prompt + decode)
      + "Two levels fit the prompts' best: \(levels(coverage.prompt)); the decodes': \(levels(coverage.decode))\n"
  }

  private func levels(_ counted: [(rows: Int, experts: Double)]) -> String {
    guard let experts = machine.real.model.transformer.experts else { return "no experts" }
    let found = ExpertPopularity.twoLevels(fitting: counted, count: experts.count, topK: experts.topK)
    return "[[\(1 - found.share), 1], [\(found.share), \(decimal(found.ratio))]]"
  }

  private var winners: String {
    guard policies.count > 1 else { return "" }
    let lines = Self.contests.map { name in
      let measured = winner(name, \.measured)
      let simulated = winner(name, \.simulated)
      return "\(name): \(measured) measured, \(simulated) simulated\(measured == simulated ? "" : " — NOT THE SAME")"
    }
    return "Who wins\n" + lines.map { "  " + $0 + "\n" }.joined()
  }

  private func winner(_ name: String, _ side: KeyPath<Trial, RunResult>) -> String {
    let medians = zip(policies, trials).compactMap { policy, trials -> (String, Double)? in
      let values = trials.compactMap { $0[keyPath: side][name] }
      return values.isEmpty ? nil : (policy, median(values))
    }
    return medians.min { $0.1 < $1.1 }?.0 ?? "nobody"
  }

  /// The median error, and all of them.
  private func errors(_ values: [Double]) -> [String] {
    [decimal(median(values)), values.map { "\(Int($0.rounded()))" }.joined(separator: " ")]
  }

  private func spread(_ values: [Double]) -> String {
    "\(decimal(values.min() ?? 0)) to \(decimal(values.max() ?? 0))"
  }
}
