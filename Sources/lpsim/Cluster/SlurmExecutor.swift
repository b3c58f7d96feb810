import Base

/// Tasks as a job array of a Slurm cluster that is there already.
struct SlurmExecutor: TaskExecutor {
  /// What the user has to say to sbatch.
  let options: [String]

  func check() throws { _ = try SlurmJob.ask(["sbatch", "--version"]) }

  func finishEarlier(in folder: ShardFolder, tick: () throws -> Void) throws {
    guard fileExists(folder.job) else { return }
    let job = try SlurmJob(written: readTextFile(folder.job))
    if try job.isAtWork() { Terminal.note("job \(job) of an earlier call is still at work; waiting for it") }
    try wait(for: job, in: folder, tick)
  }

  func run(_ shards: [Int], of sweep: ClusterSweep, in folder: ShardFolder, tick: () throws -> Void) throws {
    let job = try SlurmJob(written: SlurmJob.ask(words(for: shards, of: sweep, in: folder)))
    try OutputFile.write("\(job)\n", to: folder.job)
    Terminal.note("job \(job): shards \(ranges(shards)) of \(folder.count), with their logs in \(folder.path)")
    try wait(for: job, in: folder, tick)
  }

  /// What submits the array. `%` begins a pattern in the name of a log.
  func words(for shards: [Int], of sweep: ClusterSweep, in folder: ShardFolder) -> [String] {
    let logs = folder.absolute("").split(separator: "%", omittingEmptySubsequences: false).joined(separator: "%%")
    return [
      "sbatch", "--parsable", "--job-name=lpsim-\(sweep.sweep.name)", "--array=\(ranges(shards))",
      "--chdir=\(currentFolder())", "--output=\(logs)%a-of-\(folder.count).log", "--open-mode=append",
      "--cpus-per-task=\(sweep.workers)",
    ] + options + [folder.script]
  }

  private func wait(for job: SlurmJob, in folder: ShardFolder, _ tick: () throws -> Void) throws {
    var watch = SlurmWatch(job)
    do {
      repeat {
        try tick()
        waitForAWhile()
      } while try !watch.sawTheEnd()
    } catch is Interrupted {
      try job.cancel()
      throw Interrupted(
        remains:
          "job \(job) is cancelled; what it has done is kept in \(folder.path), and the same command does the rest")
    }
    try ShardFolder.remove(folder.job)
  }
}

/// Numbers as Slurm takes them: `1-4,7`.
func ranges(_ numbers: [Int]) -> String {
  numbers.reduce(into: [ClosedRange<Int>]()) { ranges, number in
    if let last = ranges.last, last.upperBound == number - 1 {
      ranges[ranges.count - 1] = last.lowerBound...number
    } else {
      ranges.append(number...number)
    }
  }.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }.joined(separator: ",")
}
