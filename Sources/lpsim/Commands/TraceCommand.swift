import ArgumentParser
import Base
import Results
import Traces

/// `lpsim trace`.
struct TraceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trace",
    abstract: "Prints a trace's statistics, or converts it to another format.",
    discussion: """
      A file is described as it is. A recipe gives 1000 requests, one a second, unless you say otherwise.
      Of the formats to convert to, only mooncake keeps what prompts share.

      EXAMPLES
        lpsim trace azure_2023_code.csv
        lpsim trace sharegpt --rate 4 --requests 10000 --json
        lpsim trace arxiv --arrivals constant --rate 2
        lpsim trace arxiv --rate 1.3 --requests 780 --convert vidur --out arxiv.csv
      """)

  @Argument(
    help: ArgumentHelp("A recipe (see: lpsim list traces) or a file.", valueName: "name or file"), completion: .file())
  var trace: String

  @OptionGroup var requests: RequestOptions

  @Option(
    help: ArgumentHelp(
      "How requests follow each other where the trace does not say: a name, or {\"process\": \"gamma\", \"burstiness\": 0.5}.",
      valueName: "process"),
    completion: .list(arrivalProcesses.map { $0.name }))
  var arrivals = "poisson"

  @Option(
    help: ArgumentHelp(
      "Write the requests in a format: \(writableTraceFormats.map { $0.name }.joined(separator: ", ")).",
      valueName: "format"),
    completion: .list(writableTraceFormats.map { $0.name }))
  var convert: String?

  @Option(help: ArgumentHelp("Where to write them (default: standard output).", valueName: "file"), completion: .file())
  var out: String?

  @Flag(help: "Print statistics as one JSON object.")
  var json = false

  func run() throws {
    let choice = try TraceChoice(trace, in: .standard())
    if let convert {
      let format = try writableTraceFormat(named: convert)
      try OutputFile.write(to: out) { sink in
        _ = try writeTrace(workload(choice).open(), as: format, to: sink)
      }
    } else {
      try Terminal.print(text(try statistics(of: choice)))
    }
  }

  /// Statistics describe a file as it is; only drawn or rescaled requests need a rate.
  private func statistics(of choice: TraceChoice) throws -> TraceStatistics {
    let isAsRecorded = try requests.rate() == nil && requests.requestCount() == nil
    if case .file(let file) = choice.trace, isAsRecorded { return try file.statistics() }
    return try workload(choice).statistics()
  }

  private func workload(_ choice: TraceChoice) throws -> Workload {
    let arrivals = try arrivalProcess()
    var rate = try requests.rate()
    var requestCount = try requests.requestCount()
    if case .recipe = choice.trace {
      if arrivals.hasRate { rate = rate ?? RequestsPerSecond(1) }
      requestCount = requestCount ?? 1000
    }
    return try Workload(
      choice.trace, arrivals: arrivals, rate: rate, requestCount: requestCount, seed: UInt64(requests.seed() ?? 0))
  }

  /// The process of a name, or of an object with its parameters.
  private func arrivalProcess() throws -> any ArrivalProcess {
    let written = try ConfigNode(argument: arrivals, option: "--arrivals")
    guard case .string = written.value else { return try Traces.arrivalProcess(reading: written) }
    return try Traces.arrivalProcess(
      reading: ConfigNode(.object([.init("process", written)]), source: written.source))
  }

  private func text(_ statistics: TraceStatistics) -> String {
    if json {
      let fields = statistics.entries.map { "  \(jsonString($0.name)): \($0.value.map { "\($0)" } ?? "null")" }
      return "{\n" + fields.joined(separator: ",\n") + "\n}\n"
    }
    let rows = statistics.entries.map { [$0.name, $0.value.map(decimal) ?? "–", $0.unit == "1" ? "" : $0.unit] }
    return table(["statistic", "value", "unit"], rows)
  }
}
