import Base

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Tasks as a job array of a Slurm cluster that is there already.
struct SlurmExecutor: TaskExecutor {
  private static let package = "slurm-client"
  private static let mostSilences = 10

  /// What the user has to say to sbatch.
  let options: [String]

  func check() throws { _ = try Self.ask(["sbatch", "--version"]) }

  func finishEarlier(in folder: ShardFolder, tick: () throws -> Void) throws {
    guard fileExists(folder.job) else { return }
    let job = try Job(written: readTextFile(folder.job))
    if try isAtWork(job) { Terminal.note("job \(job) of an earlier call is still at work; waiting for it") }
    try wait(for: job, in: folder, tick)
  }

  func run(_ shards: [Int], of sweep: ClusterSweep, in folder: ShardFolder, tick: () throws -> Void) throws {
    let job = try Job(written: Self.ask(words(for: shards, of: sweep, in: folder)))
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

  /// Asks seldom where tasks take long: a controller serves many.
  private func wait(for job: Job, in folder: ShardFolder, _ tick: () throws -> Void) throws {
    let began = ContinuousClock.now
    var asked = began
    var silences = 0
    do {
      while true {
        try tick()
        waitForAWhile()
        let now = ContinuousClock.now
        guard now - asked > min(.seconds(15), (now - began) / 20) else { continue }
        asked = now
        do {
          guard try isAtWork(job) else { break }
          silences = 0
        } catch let error as InputError {
          silences += 1
          guard silences < Self.mostSilences else { throw unanswered(job, error) }
        }
      }
    } catch is Interrupted {
      _ = try Self.ask(["scancel"] + job.cluster + [job.number])
      throw Interrupted(
        remains:
          "job \(job) is cancelled; what it has done is kept in \(folder.path), and the same command does the rest")
    }
    try ShardFolder.remove(folder.job)
  }

  private func unanswered(_ job: Job, _ error: InputError) -> InputError {
    InputError(
      .unavailable, file: error.file, "\(error.problem); job \(job) goes on by itself",
      hint: "the same command waits for it")
  }

  /// Whether Slurm has it in its queue: a job that has ended is not there.
  private func isAtWork(_ job: Job) throws -> Bool {
    let mine = ["squeue", "--noheader", "--user=\(getuid())", "--format=%F"] + job.cluster
    return try Self.ask(mine).split(separator: "\n").contains { $0.filter { !$0.isWhitespace } == job.number }
  }

  /// What one of Slurm's programs answers; where it refuses, its own words are the error.
  private static func ask(_ words: [String]) throws -> String {
    let outcome = try Subprocess.run(words, from: package)
    guard outcome.status == 0 else {
      let complaint = outcome.errors.split(separator: "\n").joined(separator: "; ")
      throw InputError(.unavailable, file: words[0], "ended with \(outcome.status): \(complaint)")
    }
    return outcome.output
  }
}

/// A job as sbatch names it: its number, and where there are several clusters, its own.
private struct Job: CustomStringConvertible {
  let description: String
  let number: String
  /// The option that leads to the cluster.
  let cluster: [String]

  /// Reads `17` or `17;cluster`.
  init(written: String) throws {
    description = written.filter { !$0.isWhitespace }
    let parts = description.split(separator: ";")
    guard (1...2).contains(parts.count), Int(parts[0]) != nil else {
      throw InputError(.unavailable, file: "sbatch", "answered \"\(description)\"; expected the number of a job")
    }
    number = String(parts[0])
    cluster = parts.dropFirst().map { "--clusters=\($0)" }
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
