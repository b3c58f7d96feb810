import Base

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Tasks that GNU parallel runs, on this machine or on hosts that ssh reaches.
struct ParallelExecutor: TaskExecutor {
  private static let package = "parallel"

  /// A file of hosts as parallel's --sshloginfile takes it; nil for this machine alone.
  let hosts: String?
  /// What the user has to say to parallel.
  let options: [String]

  func check() throws {
    if let hosts, !fileExists(hosts) { throw unreadable(hosts) }
    let version = try Subprocess.run(["parallel", "--version"], from: Self.package)
    guard version.output.hasPrefix("GNU parallel") else {
      throw InputError(
        .unavailable, file: "parallel", "is another program of that name than GNU parallel",
        hint: "install Debian's package \(Self.package)")
    }
  }

  /// The folder's lock has kept us out as long as there were any.
  func finishEarlier(in folder: ShardFolder, tick: () throws -> Void) throws {
    guard fileExists(folder.job) else { return }
    throw InputError(
      .unavailable, file: folder.job, "a job of Slurm may be at work there", hint: "go on with --executor slurm")
  }

  func run(_ shards: [Int], of sweep: ClusterSweep, in folder: ShardFolder, tick: () throws -> Void) throws {
    Terminal.note("parallel: shards \(ranges(shards)) of \(folder.count), with their logs in \(folder.path)")
    let log = "\(folder.path)/parallel.log"
    let descriptor = open(log, O_WRONLY | O_CREAT | O_APPEND, 0o666)
    guard descriptor >= 0 else {
      throw InputError(.cannotCreate, file: log, "cannot be made: \(String(cString: strerror(errno)))")
    }
    defer { close(descriptor) }
    let process = try Subprocess(
      words(for: shards, in: folder), from: Self.package, output: descriptor, errors: descriptor)
    do {
      while process.end(patiently: false) == nil {
        try tick()
        waitForAWhile()
      }
    } catch is Interrupted {
      kill(process.processID, SIGTERM)
      _ = process.end(patiently: true)
      throw Interrupted(
        remains: "what its tasks have done is kept in \(folder.path), and the same command does the rest")
    }
  }

  /// What runs the tasks; a task that is told to end has ten seconds to store what it has done.
  func words(for shards: [Int], in folder: ShardFolder) -> [String] {
    ["parallel", "--termseq", "TERM,10000,KILL,25"] + (hosts.map { ["--sshloginfile", $0] } ?? []) + options + [":::"]
      + shards.map { "sh \(shellQuoted(folder.script)) \($0)" }
  }
}
