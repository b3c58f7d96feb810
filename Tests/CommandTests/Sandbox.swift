import Base
import Foundation
import TestSupport

/// The program under test, next to the tests.
let lpsimBinary: String = {
  let products = URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()
  return products.appending(path: "lpsim").path
}()

/// What a process left behind.
struct Outcome: Equatable, CustomStringConvertible {
  var status: Int32
  var out: String
  var errors: String
  /// Whether a signal ended it; `status` is then the signal's number.
  var isKilled = false

  var description: String { "\(isKilled ? "signal" : "exit") \(status)\nstdout: \(out)\nstderr: \(errors)" }

  /// A refusal: one sentence on standard error, nothing on standard output.
  static func refused(_ status: InputError.Status, _ sentence: String) -> Outcome {
    Outcome(status: status.rawValue, out: "", errors: "lpsim: \(sentence)\n")
  }
}

/// A folder of its own for one test, in which `lpsim` runs.
typealias Sandbox = Scratch

extension Scratch {
  /// A process of `lpsim` in this folder that is not started yet.
  func process(_ arguments: [String], binary: String = lpsimBinary, environment: [String: String] = [:]) -> Process {
    let process = Process()
    process.executableURL = URL(filePath: binary)
    process.arguments = arguments
    process.currentDirectoryURL = URL(filePath: folder)
    process.standardInput = FileHandle.nullDevice
    let inherited = ProcessInfo.processInfo.environment.filter { $0.key != "LPSIM_CONFIG_PATH" }
    process.environment = inherited.merging(environment) { $1 }
    return process
  }

  /// Runs `lpsim` in this folder to its end. Output goes through files, so that no full pipe can block it.
  func lpsim(
    _ arguments: String..., binary: String = lpsimBinary, environment: [String: String] = [:]
  ) throws -> Outcome {
    try run(process(arguments, binary: binary, environment: environment))
  }

  /// Runs words as a shell would split them, without quotes.
  func lpsim(words line: String, binary: String = lpsimBinary) throws -> Outcome {
    try run(process(line.split(separator: " ").map(String.init), binary: binary))
  }

  func run(_ process: Process) throws -> Outcome {
    let scratch = try Scratch()
    func stream(_ name: String) throws -> FileHandle {
      try FileHandle(forWritingTo: URL(filePath: scratch.write("", to: name)))
    }
    process.standardOutput = try stream("out")
    process.standardError = try stream("errors")
    try process.run()
    process.waitUntilExit()
    return Outcome(
      status: process.terminationStatus, out: try scratch.read("out"), errors: try scratch.read("errors"),
      isKilled: process.terminationReason == .uncaughtSignal)
  }

  /// Runs a line of the shell in which `lpsim` is the program under test.
  func shell(_ line: String) throws -> Outcome {
    let shell = process(["-c", "lpsim() { '\(lpsimBinary)' \"$@\"; }; \(line)"], binary: "/bin/sh")
    return try run(shell)
  }
}

/// The deployment most tests run.
let paperConfig = projectFile("configs/qwen3-30b.json")
