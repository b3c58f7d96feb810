import ArgumentParser
import Base
import Results

/// Who can simulate the points of a sweep.
enum ExecutorKind: String, WordSet {
  case local, slurm, parallel
  static let noun = "executor"
}

/// Who simulates the points of a sweep, and how many tasks they are cut into.
struct ExecutorOptions: ParsableArguments {
  /// More than most machines have cores, so that none waits for the last task alone.
  private static let usualTasks = 16

  @Option(
    help: ArgumentHelp("Who simulates: \(ExecutorKind.listed).", valueName: "who"),
    completion: ExecutorKind.completion)
  var executor = ExecutorKind.local.rawValue

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Tasks for slurm or parallel (default: \(usualTasks)).", valueName: "count"))
  var tasks: Int?

  @Option(
    help: ArgumentHelp("Hosts for parallel, as its --sshloginfile takes them.", valueName: "file"),
    completion: .file())
  var hosts: String?

  @Option(
    name: .customLong("submit-option"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "More for sbatch or parallel, such as --partition=long or --jobs=2. Repeat it for more.", valueName: "option"))
  var submitOptions: [String] = []

  /// The sweep as tasks of an executor; nil where this program simulates by itself.
  func cluster(_ sweep: Sweep, asked: String, workers: Int?, shard: Shard?) throws -> ClusterSweep? {
    let kind = try ExecutorKind(written: executor, for: "--executor")
    if let tasks, tasks < 1 {
      throw InputError(.usage, file: "--tasks", "\(tasks) is out of range; expected 1 or more")
    }
    guard let executor = try executor(kind) else { return nil }
    guard shard == nil else { throw InputError(.usage, file: "--shard", "is for --executor local; see --tasks") }
    return ClusterSweep(
      sweep, asked: asked, workers: workers ?? 1, tasks: tasks ?? Self.usualTasks, by: executor)
  }

  private func executor(_ kind: ExecutorKind) throws -> (any TaskExecutor)? {
    if hosts != nil, kind != .parallel { throw Self.misplaced("--hosts", "parallel") }
    switch kind {
    case .slurm: return SlurmExecutor(options: submitOptions)
    case .parallel: return ParallelExecutor(hosts: hosts, options: submitOptions)
    case .local:
      if tasks != nil { throw Self.misplaced("--tasks", "slurm or parallel") }
      if !submitOptions.isEmpty { throw Self.misplaced("--submit-option", "slurm or parallel") }
      return nil
    }
  }

  private static func misplaced(_ option: String, _ kinds: String) -> InputError {
    InputError(.usage, file: option, "is for --executor \(kinds)")
  }
}
