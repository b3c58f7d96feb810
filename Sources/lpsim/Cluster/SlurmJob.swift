import Base

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A job of Slurm as sbatch names it: its number, and where there are several clusters, its own.
struct SlurmJob: CustomStringConvertible {
  let description: String
  private let number: String
  /// The option that leads to the cluster.
  private let cluster: [String]

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

  /// Whether Slurm has it in its queue: a job that has ended is not there.
  func isAtWork() throws -> Bool {
    let mine = ["squeue", "--noheader", "--user=\(getuid())", "--format=%F"] + cluster
    return try Self.ask(mine).split(separator: "\n").contains { $0.filter { !$0.isWhitespace } == number }
  }

  /// Ends all its tasks, those that have not begun, too.
  func cancel() throws { _ = try Self.ask(["scancel"] + cluster + [number]) }

  /// What one of Slurm's programs answers; where it refuses, its own words are the error.
  static func ask(_ words: [String]) throws -> String {
    let outcome = try Subprocess.run(words, from: "slurm-client")
    guard outcome.status == 0 else {
      let complaint = outcome.errors.split(separator: "\n").joined(separator: "; ")
      throw InputError(.unavailable, file: words[0], "ended with \(outcome.status): \(complaint)")
    }
    return outcome.output
  }
}

/// Looks whether a job has ended: the longer it takes the more seldom, because a controller serves many.
struct SlurmWatch {
  /// A controller that is begun again answers after that many questions.
  private static let mostSilences = 10

  private let job: SlurmJob
  private let began = ContinuousClock.now
  private var asked = ContinuousClock.now
  private var silences = 0

  /// Watches a job.
  init(_ job: SlurmJob) { self.job = job }

  /// Whether it is known by now that the job has ended.
  mutating func sawTheEnd() throws -> Bool {
    let now = ContinuousClock.now
    guard now - asked > min(.seconds(15), (now - began) / 20) else { return false }
    asked = now
    do {
      let isAtWork = try job.isAtWork()
      silences = 0
      return !isAtWork
    } catch var error as InputError {
      silences += 1
      guard silences == Self.mostSilences else { return false }
      error.problem += "; job \(job) goes on by itself"
      error.hint = "the same command waits for it"
      throw error
    }
  }
}
