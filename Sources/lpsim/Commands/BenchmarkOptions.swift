import ArgumentParser
import Base
import Results
import Traces

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Where to write what vLLM's benchmark client would have.
struct BenchmarkOptions: ParsableArguments {
  @Option(
    name: .customLong("bench-json"),
    help: ArgumentHelp(
      """
      Write what vllm bench serve --save-result --save-detailed would have, for scripts that read it; of several \
      policies each gets a file, the policy's name before its extension.
      """, valueName: "file.json"),
    completion: .file(extensions: ["json"]))
  var path: String?

  /// The file of each policy, if they are asked for.
  func files(for policies: [String]) -> BenchmarkFiles? {
    path.map { BenchmarkFiles(path: $0, isForOne: policies.count == 1) }
  }
}

/// One file for each policy, in the format of vLLM's benchmark client.
struct BenchmarkFiles {
  let path: String
  let isForOne: Bool

  /// Writes what a client saw of a run.
  func write(_ run: ClientRun, of experiment: Experiment, _ result: RunResult) throws {
    let policy = result.run.policy
    let text = ClientFile(of: experiment, under: policy).json(run, goodput: result["goodput_rps"], date: now())
    try OutputFile.write(text, to: path(of: policy))
  }

  private func path(of policy: String) -> String {
    if isForOne { return path }
    let name = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
    guard let dot = path[name...].lastIndex(of: "."), dot > name else { return "\(path)-\(policy)" }
    return "\(path[..<dot])-\(policy)\(path[dot...])"
  }
}

/// The local date and time as the client writes it, such as `20261121-130800`: the one thing in the file that is not the
/// same for the same run.
private func now() -> String {
  var (seconds, parts) = (time(nil), tm())
  localtime_r(&seconds, &parts)
  var text = [CChar](repeating: 0, count: 32)
  let length = strftime(&text, text.count, "%Y%m%d-%H%M%S", &parts)
  return String(decoding: text[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
