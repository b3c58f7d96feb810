import Base
import Foundation
import GRDB
import TestSupport
import Testing

/// `sweep --executor` with programs in the place of Slurm and GNU parallel that do what these do, one task after another.
struct ClusterTests {
  private let sandbox: Sandbox

  init() throws {
    sandbox = try Sandbox()
    try install(
      "sbatch",
      """
      [ "$1" != --version ] || exit 0
      echo "$@" >> submitted
      for word in "$@"; do case $word in --array=*) tasks=$(echo "${word#*=}" | tr , ' ');; esac; done
      echo 17 | tee queue
      for part in $tasks; do seq "${part%-*}" "${part#*-}"; done > tasks
      [ ! -e stuck ] || exit 0
      (while read -r task; do [ -e "lost-$task" ] || SLURM_ARRAY_TASK_ID=$task sh "$word"; done < tasks
      rm -f lost-* queue) > sbatch.log 2>&1 &
      """)
    try install("squeue", "[ ! -e dead ] || { echo no controller >&2; exit 1; }\n[ ! -e queue ] || cat queue")
    try install("scancel", "echo \"$@\" > cancelled\nrm queue")
    try install(
      "parallel",
      """
      [ "$1" != --version ] || { echo "GNU parallel 1"; exit; }
      echo "$@" | cut -d: -f1 > options
      while [ "$1" != ::: ]; do shift; done
      shift
      for task in "$@"; do sh -c "$task"; done
      """)
  }

  private func install(_ program: String, _ script: String) throws {
    let path = try sandbox.write("#!/bin/sh\n\(script)\n", to: "bin/\(program)")
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
  }

  private func process(_ options: String, path: String = ":/usr/bin:/bin") -> Process {
    sandbox.process(
      ["sweep", "small-qwen3", "--json"] + options.split(separator: " ").map(String.init),
      environment: ["PATH": sandbox.path("bin") + path, "LPSIM_CONFIG_PATH": projectFile("configs")])
  }

  private func sweep(_ options: String, path: String = ":/usr/bin:/bin") throws -> Outcome {
    try sandbox.run(process(options, path: path))
  }

  private func count(_ key: String, in outcome: Outcome) throws -> Int {
    #expect(outcome.status == 0, "\(outcome)")
    return try #require(ConfigNode(parsing: outcome.out, file: "standard output").member(key)).integer(in: 0...1000)
  }

  /// What a sweep that began in an empty folder wrote there, the database as SQL would say it.
  private func written(in folder: String) throws -> [String] {
    let files = try FileManager.default.contentsOfDirectory(atPath: sandbox.path(folder)).sorted()
    let tables = try DatabaseQueue(path: sandbox.path("\(folder)/o.sqlite")).read { db in
      try ["sweep", "point", "run", "metric"].map { try Row.fetchAll(db, sql: "SELECT * FROM \($0)").description }
    }
    return try files + files.filter { $0 != "o.sqlite" }.map { try sandbox.read("\(folder)/\($0)") } + tables
  }

  private func makeFolder(_ name: String) throws -> String {
    try FileManager.default.createDirectory(atPath: sandbox.path(name), withIntermediateDirectories: true)
    return "--out \(name)/o.sqlite"
  }

  @Test func tasksOfSlurmWriteWhatOneProcessWrites() throws {
    #expect(try count("simulated", in: sweep("--workers 1 \(makeFolder("one"))")) == 12)
    try sandbox.write("", to: "lost-2")
    try sandbox.write("", to: "lost-3")
    let folder = "it's 100%"
    try FileManager.default.createDirectory(atPath: sandbox.path(folder), withIntermediateDirectories: true)
    let command = process(
      "--executor slurm --tasks 4 --submit-option --partition=long --submit-option -A --submit-option me")
    command.arguments? += ["--out", "\(folder)/o.sqlite"]
    let outcome = try sandbox.run(command)
    #expect(try count("simulated", in: outcome) == 12)
    let shards = "\(folder)/o.shards"
    #expect(
      outcome.errors.split(separator: "\n").dropLast() == [
        "job 17: shards 1-4 of 4, with their logs in \(shards)",
        "shards 2-3 ended before they were done, and begin again: try 2 of 3",
        "job 17: shards 2-3 of 4, with their logs in \(shards)",
      ])
    let (here, logs) = (sandbox.folder, "\(sandbox.folder)/it's 100%%/o.shards")
    #expect(
      try sandbox.read("submitted").split(separator: "\n")
        == ["1-4", "2-3"].map { tasks in
          """
          --parsable --job-name=lpsim-small-qwen3 --array=\(tasks) --chdir=\(here) --output=\(logs)/%a-of-4.log \
          --open-mode=append --cpus-per-task=1 --partition=long -A me \(here)/\(shards)/job.sh
          """
        })
    #expect(try written(in: folder) == written(in: "one"))
  }

  @Test func tasksOfParallelWriteWhatOneProcessWrites() throws {
    #expect(try count("simulated", in: sweep("--workers 1 \(makeFolder("one"))")) == 12)
    try sandbox.write("2/:\n", to: "hosts")
    let outcome = try sweep("--executor parallel --tasks 3 --hosts hosts --submit-option --jobs=2 \(makeFolder("all"))")
    #expect(try count("simulated", in: outcome) == 12)
    #expect(
      outcome.errors.hasPrefix("parallel: shards 1-3 of 3, with their logs in all/o.shards\nsaved in all/o.sqlite, "))
    #expect(try sandbox.read("options") == "--termseq TERM,10000,KILL,25 --sshloginfile hosts --jobs=2 \n")
    #expect(try written(in: "all") == written(in: "one"))
  }

  @Test func whatIsDoneIsNotRunAgain() throws {
    let out = try makeFolder("some")
    #expect(try count("simulated", in: sweep("--shard 1/2 \(out)")) == 6)
    // Of five shards the second has points 2, 7, 12 and the fifth 5, 10; the database has 5 and 7.
    try install("sbatch", try sandbox.read("bin/sbatch").replacing("rm -f lost-* queue", with: "rm -f queue"))
    for task in [2, 5] { try sandbox.write("", to: "lost-\(task)") }
    #expect(
      try sweep("--executor slurm --tasks 5 \(out)").errors.split(separator: "\n").last == """
        lpsim: some/o.shards: shards 2,5 of 5 are not done after 3 tries — see the logs there; the same command does the \
        rest
        """)
    for task in [2, 5] { try FileManager.default.removeItem(atPath: sandbox.path("lost-\(task)")) }
    let outcome = try sweep("--executor slurm --tasks 3 \(out)")
    #expect(try count("simulated", in: outcome) == 3)
    #expect(try count("stored", in: outcome) == 9)
    let again = try sweep("--executor parallel \(out)")
    #expect(try count("stored", in: again) == 12)
    #expect(try !sandbox.contents().contains("options"))
    #expect(!FileManager.default.fileExists(atPath: sandbox.path("some/o.shards")))
  }

  @Test func anInterruptedJobIsCancelledAndALostOneIsWaitedFor() throws {
    let out = try makeFolder("some")
    try sandbox.write("", to: "stuck")
    let first = process("--executor slurm \(out)")
    let errors = Pipe()
    first.standardError = errors
    try first.run()
    // It says so once the job is submitted.
    _ = errors.fileHandleForReading.availableData
    kill(first.processIdentifier, SIGINT)
    first.waitUntilExit()
    #expect(first.terminationStatus == 130)
    #expect(
      String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self) == """
        lpsim: interrupted; job 17 is cancelled; what it has done is kept in some/o.shards, and the same command does the \
        rest

        """)
    #expect(try sandbox.read("cancelled") == "17\n")
    #expect(
      try sandbox.read("some/o.shards/job.sh") == """
        #!/bin/sh
        # Simulates one shard of a sweep; lpsim sweep wrote it.
        cd '\(sandbox.folder)' || exit
        export LPSIM_CONFIG_PATH='\(projectFile("configs"))'
        shard=${1:-$SLURM_ARRAY_TASK_ID}
        file='some/o.shards'/$shard-of-12
        exec '\(lpsimBinary)' sweep 'small-qwen3' --shard "$shard/12" --workers 1 \\
          --out "$file.sqlite" --count-file "$file.count" >>"$file.log" 2>&1

        """)
    #expect(
      try sweep("--executor parallel \(out)")
        == .refused(
          .unavailable, "some/o.shards/job: a job of Slurm may be at work there — go on with --executor slurm"))
    // As if lpsim had been killed and not interrupted.
    try sandbox.write("17\n", to: "queue")
    try FileManager.default.removeItem(atPath: sandbox.path("stuck"))
    let second = process("--executor slurm \(out)")
    let said = Pipe()
    second.standardError = said
    second.standardOutput = FileHandle.nullDevice
    try second.run()
    #expect(
      String(decoding: said.fileHandleForReading.availableData, as: UTF8.self)
        == "job 17 of an earlier call is still at work; waiting for it\n")
    try FileManager.default.removeItem(atPath: sandbox.path("queue"))
    second.waitUntilExit()
    #expect(second.terminationStatus == 0)
    #expect(
      String(decoding: said.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        .hasPrefix("job 17: shards 1-12 of 12, with their logs in some/o.shards\nsaved in some/o.sqlite, "))
  }

  @Test func aControllerThatStaysSilentEndsTheWaitAndNotTheJob() throws {
    for file in ["stuck", "dead"] { try sandbox.write("", to: file) }
    #expect(
      try sweep("--executor slurm \(makeFolder("some"))").errors.split(separator: "\n").last == """
        lpsim: squeue: ended with 1: no controller; job 17 goes on by itself — the same command waits for it
        """)
    #expect(try !sandbox.contents().contains("cancelled"))
  }

  @Test func whatCannotBeDoneIsRefused() throws {
    let out = try makeFolder("some")
    for (options, sentence) in [
      ("--executor slrum", "--executor: no executor \"slrum\" — did you mean \"slurm\"?"),
      ("--tasks 2", "--tasks: is for --executor slurm or parallel"),
      ("--submit-option x", "--submit-option: is for --executor slurm or parallel"),
      ("--executor slurm --hosts h", "--hosts: is for --executor parallel"),
      ("--executor slurm --tasks 0", "--tasks: 0 is out of range; expected 1 or more"),
      ("--executor slurm --shard 1/2", "--shard: is for --executor local; see --tasks"),
    ] { #expect(try sweep("\(options) \(out)") == .refused(.usage, sentence)) }
    #expect(
      try sweep("--executor parallel --hosts h \(out)")
        == .refused(.noInput, "h: cannot be read: No such file or directory"))
    try install("parallel", "echo 'parallel of moreutils'")
    let package = "install Debian's package parallel"
    #expect(
      try sweep("--executor parallel \(out)")
        == .refused(.unavailable, "parallel: is another program of that name than GNU parallel — \(package)"))
    for program in ["parallel", "sbatch"] { try FileManager.default.removeItem(atPath: sandbox.path("bin/\(program)")) }
    #expect(
      try sweep("--executor parallel \(out)", path: "")
        == .refused(.unavailable, "parallel: is not on the PATH — \(package)"))
    #expect(
      try sweep("--executor slurm \(out)", path: "")
        == .refused(.unavailable, "sbatch: is not on the PATH — install Debian's package slurm-client"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: sandbox.path("some")) == [])
  }

  @Test func aRefusedJobLeavesNothing() throws {
    try install("sbatch", "[ \"$1\" = --version ] || { echo 'no partition' >&2; exit 1; }")
    let out = try makeFolder("some")
    #expect(
      try sweep("--executor slurm \(out)") == .refused(.unavailable, "sbatch: ended with 1: no partition"))
    try install("sbatch", "echo hello")
    #expect(
      try sweep("--executor slurm \(out)")
        == .refused(.unavailable, "sbatch: answered \"hello\"; expected the number of a job"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: sandbox.path("some")) == [])
  }

  @Test func twoDoNotWorkInOneFolder() throws {
    let out = try makeFolder("some")
    let lock = open(try sandbox.write("", to: "some/o.shards/lock"), O_RDWR | O_CLOEXEC)
    #expect(flock(lock, LOCK_EX) == 0)
    defer { close(lock) }
    #expect(
      try sweep("--executor slurm \(out)")
        == .refused(.unavailable, "some/o.shards: another lpsim, or a task that it started, is at work there"))
  }
}
