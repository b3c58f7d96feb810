import Base
import Results

/// A sweep cut into shards, each of which is a task: `lpsim sweep --shard i/n` with a database of its own. Who runs the
/// tasks is an executor's business, and what they have done their databases say, so it does not matter how they end.
struct ClusterSweep {
  private static let mostTries = 3

  /// The sweep.
  let sweep: Sweep
  /// What the user calls it.
  let asked: String
  /// Threads of each task.
  let workers: Int
  /// How many tasks were asked for.
  let tasks: Int
  private let executor: any TaskExecutor

  /// A sweep that an executor's tasks simulate.
  init(_ sweep: Sweep, asked: String, workers: Int, tasks: Int, by executor: any TaskExecutor) {
    (self.sweep, self.asked, self.workers, self.executor) = (sweep, asked, workers, executor)
    self.tasks = min(tasks, sweep.pointCount)
  }

  /// Runs all shards that are not done and joins them in the database.
  func run(into store: RunStore) throws -> SweepRecorder.Tally {
    try executor.check()
    _ = try count(in: store)
    let folder = try ShardFolder(beside: store.path, count: tasks)
    do {
      return try run(in: folder, into: store)
    } catch {
      try folder.removeIfUnused()
      throw error
    }
  }

  private func run(in folder: ShardFolder, into store: RunStore) throws -> SweepRecorder.Tally {
    let progress = ClusterProgress(of: sweep, in: folder)
    defer { progress.clear() }
    try executor.finishEarlier(in: folder) { try progress.show(1...tasks) }
    let before = try shareOut(store, in: folder)
    try OutputFile.write(script(in: folder), to: folder.script)
    try finish(in: folder, progress)
    try store.merge([folder.join()])
    let after = try count(in: store)
    try folder.remove()
    let stored = before.all - before.failed
    return SweepRecorder.Tally(simulated: after.all - after.failed - stored, stored: stored, failed: after.failed)
  }

  /// Gives each shard what others know of its points already: the database, and shards of other sizes.
  /// - Returns: how many points are known.
  private func shareOut(_ store: RunStore, in folder: ShardFolder) throws -> (all: Int, failed: Int) {
    let sources = try (count(in: store).all > 0 ? [store.path] : []) + folder.leftovers
    return try (1...tasks).reduce(into: (all: 0, failed: 0)) { sum, shard in
      let database = folder.database(of: shard)
      guard !sources.isEmpty || fileExists(database) else { return }
      let part = try RunStore(path: database)
      try part.merge(sources, shard: (shard, tasks))
      let known = try count(in: part)
      sum = (sum.all + known.all, sum.failed + known.failed)
    }
  }

  private func finish(in folder: ShardFolder, _ progress: ClusterProgress) throws {
    for turn in 1...Self.mostTries {
      let missing = try missingShards(in: folder)
      guard !missing.isEmpty else { return }
      if turn > 1 {
        Terminal.note(
          "shards \(ranges(missing)) ended before they were done, and begin again: try \(turn) of \(Self.mostTries)")
      }
      try executor.run(missing, of: self, in: folder) { try progress.show(missing) }
    }
    let missing = try missingShards(in: folder)
    guard !missing.isEmpty else { return }
    throw InputError(
      .unavailable, file: folder.path,
      "shards \(ranges(missing)) of \(tasks) are not done after \(Self.mostTries) tries",
      hint: "see the logs there; the same command does the rest")
  }

  private func missingShards(in folder: ShardFolder) throws -> [Int] {
    try (1...tasks).filter { shard in
      let database = folder.database(of: shard)
      guard fileExists(database) else { return true }
      return try count(in: RunStore(path: database)).all < sweep.points(ofShard: shard, of: tasks).count
    }
  }

  private func count(in store: RunStore) throws -> (all: Int, failed: Int) {
    try store.pointCount(of: sweep, programVersion: Program.version)
  }

  /// What every task runs, in the folder and with the program and the configs of this one. Which shard is its, its
  /// argument or Slurm says.
  func script(in folder: ShardFolder) -> String {
    let configs = environment("LPSIM_CONFIG_PATH").map { "export LPSIM_CONFIG_PATH=\(shellQuoted($0))\n" } ?? ""
    return """
      #!/bin/sh
      # Simulates one shard of a sweep; lpsim sweep wrote it.
      cd \(shellQuoted(currentFolder())) || exit
      \(configs)shard=${1:-$SLURM_ARRAY_TASK_ID}
      file=\(shellQuoted(folder.path))/$shard-of-\(tasks)
      exec \(shellQuoted(executablePath())) sweep \(shellQuoted(asked)) --shard "$shard/\(tasks)" --workers \(workers) \\
        --out "$file.sqlite" --count-file "$file.count" >>"$file.log" 2>&1

      """
  }
}
