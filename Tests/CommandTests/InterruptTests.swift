import Base
import Foundation
import GRDB
import TestSupport
import Testing

/// A run that is ended in its middle leaves every finished run, and nothing else.
@Suite(.serialized) struct InterruptTests {
  private let sandbox: Sandbox

  init() throws { sandbox = try Sandbox() }

  private var longRun: [String] {
    ["run", paperConfig, "--trace", "sharegpt", "--requests", "3000000", "--record", "requests", "--out", "o.sqlite"]
  }

  /// Starts a run and waits until its database is there, so that the simulation is about to begin or under way.
  private func start(_ words: [String]) throws -> (process: Process, errors: Pipe) {
    let process = sandbox.process(words)
    let errors = Pipe()
    process.standardOutput = FileHandle.nullDevice
    process.standardError = errors
    try process.run()
    let deadline = ContinuousClock.now + .seconds(20)
    while !FileManager.default.fileExists(atPath: sandbox.path("o.sqlite")), ContinuousClock.now < deadline {
      usleep(10_000)
    }
    usleep(300_000)
    return (process, errors)
  }

  private func finishedRuns() throws -> Int? {
    try DatabaseQueue(path: sandbox.path("o.sqlite")).read { db in
      #expect(try String.fetchOne(db, sql: "PRAGMA integrity_check") == "ok")
      #expect(try Int.fetchOne(db, sql: "SELECT count(*) FROM metric WHERE run NOT IN (SELECT id FROM run)") == 0)
      return try Int.fetchOne(db, sql: "SELECT count(*) FROM run")
    }
  }

  @Test(arguments: [SIGINT, SIGTERM], [[], ["--timeline", "t.json"]])
  func anInterruptedFirstRunLeavesNothing(_ signal: Int32, _ options: [String]) throws {
    let (process, errors) = try start(longRun + options)
    kill(process.processIdentifier, signal)
    process.waitUntilExit()
    #expect(process.terminationReason == .exit)
    #expect(process.terminationStatus == 130)
    let said = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    #expect(said == "lpsim: interrupted; finished runs are kept\n")
    #expect(try sandbox.contents() == [])
  }

  @Test(.enabled(if: fileExists(cpuKernels), "the CPU kernels are not built here: run scripts/build-kernels.sh"))
  func anInterruptedCalibrationKeepsWhatWasMeasured() throws {
    let process = sandbox.process(["calibrate", "--backend", "cpu", "--budget", "600", "--out", "mine.json"])
    let errors = Pipe()
    process.standardError = errors
    try process.run()
    // It says that it measures once it listens.
    var said = String(decoding: errors.fileHandleForReading.availableData, as: UTF8.self)
    while !said.contains("Ctrl-C keeps what was measured in mine") {
      said += String(decoding: errors.fileHandleForReading.availableData, as: UTF8.self)
    }
    kill(process.processIdentifier, SIGINT)
    process.waitUntilExit()
    #expect(process.terminationStatus == 130)
    said = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    #expect(said.hasSuffix("lpsim: interrupted; what was measured is kept in mine\n"))
    #expect(try sandbox.contents() == ["mine"])
    #expect(try ConfigNode(contentsOf: sandbox.path("mine/machine.json")).member("machine") != nil)
  }

  @Test(arguments: [SIGINT, SIGKILL])
  func anEarlierRunSurvives(_ signal: Int32) throws {
    #expect(try sandbox.lpsim(words: "run \(paperConfig) --trace arxiv --requests 3 --out o.sqlite").status == 0)
    let (process, _) = try start(longRun)
    kill(process.processIdentifier, signal)
    process.waitUntilExit()
    #expect(process.terminationStatus == (signal == SIGKILL ? SIGKILL : 130))
    #expect(try finishedRuns() == 2)
    #expect(try sandbox.lpsim(words: "run \(paperConfig) --trace arxiv --requests 4 --out o.sqlite").status == 0)
    #expect(try finishedRuns() == 4)
  }

  /// They listen once their heading is out.
  @Test(arguments: [
    (
      ["sensitivity", paperConfig, "--requests", "3000000"],
      "layered against chunked, arxiv at 1.3 requests a second, 3000000 requests, 3 seeds\n\n", "nothing was done"
    ),
    (
      ["capacity", paperConfig, "--trace", "arxiv", "--requests", "3000000", "--slo-attainment", "0.01"],
      "qwen3-30b, arxiv, 3000000 requests, 5 seeds\n\n",
      "nothing was done; known so far: nothing of chunked, nothing of layered"
    ),
  ])
  func aStudyThatIsInterruptedSaysHowFarItCame(_ words: [String], _ heading: String, _ remains: String) throws {
    let process = sandbox.process(words)
    let (output, errors) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    let said = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
    kill(process.processIdentifier, SIGINT)
    process.waitUntilExit()
    #expect(process.terminationStatus == 130)
    #expect(said == heading)
    let complaint = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    #expect(complaint == "lpsim: interrupted; \(remains)\n")
  }
}
