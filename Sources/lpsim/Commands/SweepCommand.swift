import ArgumentParser
import Base
import Results
import Synchronization

/// `lpsim sweep`.
struct SweepCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sweep",
    abstract: "Simulates a deployment along axes of settings, on all cores, and finds its Pareto frontiers.",
    discussion: """
      A sweep file names a deployment and axes over any of its keys, the policy, the trace and the rate. Every point is one \
      run of one policy. What is done is stored within a second, so the same command goes on after Ctrl-C or a crash; \
      points that the database has are not run again. At the end it writes what `lpsim export` writes.

      `--executor slurm` submits a job array to a Slurm cluster, `--executor parallel` starts GNU parallel, here or on hosts \
      that ssh reaches. Either waits for the tasks, begins again those that were killed, and merges what all have done: \
      the tables are those of one machine to the byte. Tasks work in a folder beside the database, NAME.shards, which is \
      removed at the end. It, lpsim, its configs and the working directory must be the same files on all machines.

      EXAMPLES
        lpsim sweep small-qwen3
        lpsim sweep small-qwen3 --workers 1 --out mine.sqlite --json
        lpsim sweep small-qwen3 --shard 1/2 --out first.sqlite
        lpsim sweep small-qwen3 --shard 2/2 --out second.sqlite
        lpsim merge both.sqlite first.sqlite second.sqlite
        lpsim export both.sqlite
        lpsim sweep small-qwen3 --executor parallel --tasks 4
        lpsim sweep small-qwen3 --executor parallel --tasks 4 --hosts hosts.txt
        lpsim sweep pareto-qwen3 --executor slurm --tasks 50
        lpsim sweep pareto-qwen3 --executor slurm --submit-option=--partition=cpu
      """)

  @Argument(
    help: ArgumentHelp("A sweep: a JSON file, or its name in configs/sweeps.", valueName: "sweep"),
    completion: .file(extensions: ["json"]))
  var sweep: String

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Threads that work (default: all cores; of a task, one).", valueName: "count"))
  var workers: Int?

  @Option(
    help: ArgumentHelp("The database (default: results/ and the sweep's name).", valueName: "file.sqlite"),
    completion: .file(extensions: ["sqlite"]))
  var out: String?

  @Flag(help: "Go on with what is missing. That is what happens in any case.")
  var resume = false

  @Option(help: ArgumentHelp("Only part i of n, into a database of its own; see merge.", valueName: "i/n"))
  var shard: Shard?

  @Option(
    help: ArgumentHelp("Write how many points are done to a file, for other programs.", valueName: "file"),
    completion: .file())
  var countFile: String?

  @OptionGroup var executor: ExecutorOptions

  @Flag(help: "Print one JSON object instead of the tables.")
  var json = false

  func run() throws {
    if let workers, workers < 1 {
      throw InputError(.usage, file: "--workers", "\(workers) is out of range; expected 1 or more")
    }
    let library = ConfigLibrary.standard()
    let sweep = try Sweep(reading: library.load(sweep, .sweep))
    let setup = try SweepSetup(sweep, in: library, programVersion: Program.version)
    let points = sweep.points(ofShard: shard?.index ?? 1, of: shard?.count ?? 1)
    let name = shard.map { "\(sweep.name)-\($0.index)-of-\($0.count)" } ?? sweep.name
    let cluster = try executor.cluster(sweep, asked: self.sweep, workers: workers, shard: shard)
    Interrupt.listen()
    let (tally, path) = try DatabaseFile(out, name: name).withStore { store in
      try cluster?.run(into: store)
        ?? run(points, of: setup, into: SweepRecorder(sweep, in: store, programVersion: Program.version))
    }
    let report = try SweepReport(path, tally: tally)
    let files = shard == nil ? try report.writeFiles(to: nil) : []
    try report.show(files: files, asJSON: json)
    if tally.failed > 0, tally.failed == points.count { throw ExitCode(InputError.Status.config.rawValue) }
  }

  private func run(_ points: [Int], of setup: SweepSetup, into recorder: SweepRecorder) throws -> SweepRecorder.Tally {
    let progress = Mutex(ProgressBar(setup.sweep.name, total: points.count, of: "points"))
    defer { progress.withLock { $0.clear() } }
    let count = Mutex(CountFile(countFile, last: points.count))
    do {
      try setup.run(points, workers: workers ?? onlineCores, into: recorder) {
        try Interrupt.check()
      } onDone: { done in
        progress.withLock { $0.show(requests: done) }
        try count.withLock { try $0.write(done) }
      }
    } catch is Interrupted {
      let done = recorder.tally.simulated + recorder.tally.stored
      throw Interrupted(remains: "\(done) of \(points.count) points are kept, and the same command does the rest")
    }
    return recorder.tally
  }
}

/// Which part of a sweep: `2/4` is the second of four.
struct Shard: ExpressibleByArgument {
  let index: Int
  let count: Int

  init?(argument: String) {
    let parts = argument.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 2, let index = parts[0], let count = parts[1], count > 0, (1...count).contains(index) else {
      return nil
    }
    (self.index, self.count) = (index, count)
  }
}
