import ArgumentParser
import Base
import Sim

/// The command.
@main
struct LPSim: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lpsim",
    abstract: "Simulates serving large language models on modeled GPUs: chunked against layered prefill.",
    discussion: """
      EXAMPLES
        Compare both policies on the paper's workload:
          lpsim run configs/qwen3-30b.json --trace arxiv
        See the results as a page:
          lpsim report results/qwen3-30b.sqlite
        See what a longer chunk does:
          lpsim run qwen3-30b --trace arxiv --set policies.chunked.tokenBudget=2048
        See what a deployment is made of, and how much KV cache it has:
          lpsim show qwen3-30b
      """,
    version: Program.version,
    subcommands: [
      RunCommand.self,
      SweepCommand.self,
      ExportCommand.self,
      ReportCommand.self,
      MergeCommand.self,
      ValidateCommand.self,
      ListCommand.self,
      ShowCommand.self,
      AnalyzeCommand.self,
      TraceCommand.self,
      ReproduceCommand.self,
      SensitivityCommand.self,
      CapacityCommand.self,
      CalibrateCommand.self,
      CompareBenchCommand.self,
    ])

  static func main() async {
    Interrupt.endQuietlyOnClosedPipe()
    do {
      try refuseUnknownSubcommand()
      var command = try parseAsRoot()
      if var slow = command as? any AsyncParsableCommand { try await slow.run() } else { try command.run() }
    } catch let error as InputError {
      leave("\(error)", status: error.status)
    } catch let error as PlanError {
      leave("\(error)", status: .software)
    } catch let interrupted as Interrupted {
      Terminal.note("lpsim: interrupted; \(interrupted.remains)")
      exit(withError: ExitCode(130))
    } catch {
      guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
      leave("\(sentence(for: error)) — see lpsim \(subcommand.map { "\($0) " } ?? "")--help", status: .usage)
    }
  }

  /// What ArgumentParser says, on one line and without its full stop.
  private static func sentence(for error: any Error) -> String {
    let words = message(for: error).split { $0.isWhitespace }.joined(separator: " ")
    return words.hasSuffix(".") ? String(words.dropLast()) : words
  }

  private static func leave(_ message: String, status: InputError.Status) -> Never {
    Terminal.note("lpsim: \(message)")
    exit(withError: ExitCode(status.rawValue))
  }

  /// The first word, if it is no option.
  private static var subcommand: String? {
    CommandLine.arguments.dropFirst().first.flatMap { $0.hasPrefix("-") ? nil : $0 }
  }

  /// ArgumentParser offers the nearest option but not the nearest subcommand.
  private static func refuseUnknownSubcommand() throws {
    guard let subcommand else { return }
    let known = configuration.subcommands.compactMap { $0.configuration.commandName } + ["help"]
    guard known.contains(subcommand) else {
      throw InputError.unknown("command", subcommand, among: known, status: .usage)
    }
  }
}

/// Facts about this program.
enum Program {
  /// The version, as in CHANGELOG.md.
  static let version = "0.1.0"
}
