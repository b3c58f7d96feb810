import Base
import TestSupport
import Testing

@testable import Traces

/// A file that is gone when the test is.
struct TemporaryFile {
  private let scratch: Scratch
  var path: String { scratch.path("trace") }

  init(_ bytes: [UInt8]) throws {
    scratch = try Scratch()
    try overwrite(bytes)
  }

  init(_ text: String) throws { try self.init(Array(text.utf8)) }

  func overwrite(_ bytes: [UInt8]) throws { try scratch.write(bytes, to: "trace") }
}

/// Where the real traces lie that are shared beside the project, and whether they are there.
let sharedTraces = #filePath.components(upTo: "/Tests/TracesTests/") + "/../shared/traces/"
let projectFolder = #filePath.components(upTo: "/Tests/TracesTests/")
let hasSharedTraces = fileExists(sharedTraces + "README.md")

extension String {
  fileprivate func components(upTo marker: String) -> String {
    ranges(of: marker).first.map { String(self[..<$0.lowerBound]) } ?? "."
  }
}

/// All requests of a trace in text form.
func requests(in text: String) throws -> [TraceRequest] {
  let file = try TemporaryFile(text)
  return try all(TraceFile(path: file.path).open())
}

/// All requests of a source.
func all(_ source: some RequestSource) throws -> [TraceRequest] {
  var source = source
  var requests = [TraceRequest]()
  while let request = try source.next() { requests.append(request) }
  return requests
}

/// What reading a trace in text form complains about; the file is called `t.csv`.
func complaint(about text: String) throws -> String { try complaint(about: Array(text.utf8)) }

/// What reading a trace complains about; the file is called `t.csv`.
func complaint(about bytes: [UInt8]) throws -> String {
  let file = try TemporaryFile(bytes)
  return try complaint(calling: file) { _ = try all(TraceFile(path: file.path).open()) }
}

/// What `body` complains about; a temporary file is called `t.csv` in it.
func complaint(calling file: TemporaryFile? = nil, _ body: () throws -> Void) throws -> String {
  do {
    try body()
    return "no error"
  } catch let error as InputError {
    guard let file else { return "\(error)" }
    return "\(error)".split(separator: file.path, omittingEmptySubsequences: false).joined(separator: "t.csv")
  }
}

/// A request that arrives so many milliseconds after the first.
func request(_ milliseconds: Double, _ promptTokens: Int, _ outputTokens: Int) -> TraceRequest {
  TraceRequest(arrival: .seconds(milliseconds / 1000), promptTokens: promptTokens, outputTokens: outputTokens)
}

/// The recipe of a JSON text.
/// - Parameter more: further keys, each after a comma.
func recipe(_ lengths: String, maxTotalTokens: Int = 32768, more: String = "") throws -> TraceRecipe {
  try TraceRecipe(
    reading: config(
      """
      {"name": "test", "description": "", "sources": {}, "maxTotalTokens": \(maxTotalTokens), "lengths": \(lengths)\(more)}
      """))
}

private func config(_ json: String) throws -> ConfigNode { try ConfigNode(parsing: json, file: "test.json") }

/// A recipe whose requests all have these lengths.
func fixedRecipe(_ promptTokens: Int, _ outputTokens: Int, more: String = "") throws -> TraceRecipe {
  try recipe(
    """
    {"kind": "independent", "prompt": {"distribution": "fixed", "tokens": \(promptTokens)},
     "output": {"distribution": "fixed", "tokens": \(outputTokens)}}
    """, more: more)
}

/// Log-normal lengths without a tight limit.
func logNormalRecipe(more: String = "") throws -> TraceRecipe {
  try recipe(
    """
    {"kind": "independent", "prompt": {"distribution": "lognormal", "median": 500, "sigma": 0.5},
     "output": {"distribution": "lognormal", "median": 100, "sigma": 0.4}}
    """, more: more)
}

/// The arrival process of a JSON text.
func arrivals(_ json: String) throws -> any ArrivalProcess { try arrivalProcess(reading: config(json)) }
