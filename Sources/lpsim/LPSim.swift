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
        See what a longer chunk does:
          lpsim run qwen3-30b --trace arxiv --set policies.chunked.tokenBudget=2048
        See what a deployment is made of, and how much KV cache it has:
          lpsim show qwen3-30b
      """,
    version: Program.version,
    subcommands: [
      RunCommand.self,
      ValidateCommand.self,
      ListCommand.self,
      ShowCommand.self,
      TraceCommand.self,
      ReproduceCommand.self,
    ])

  static func main() {
    do {
      try refuseUnknownSubcommand()
      var command = try parseAsRoot()
      try command.run()
    } catch let error as InputError {
      leave("\(error)", status: error.status)
    } catch let error as PlanError {
      leave("\(error)", status: .software)
    } catch is Interrupted {
      Terminal.note("lpsim: interrupted; finished runs are kept")
      exit(withError: ExitCode(130))
    } catch {
      exit(withError: error)
    }
  }

  private static func leave(_ message: String, status: InputError.Status) -> Never {
    Terminal.note("lpsim: \(message)")
    exit(withError: ExitCode(status.rawValue))
  }

  /// ArgumentParser offers the nearest option but not the nearest subcommand.
  private static func refuseUnknownSubcommand() throws {
    guard let word = CommandLine.arguments.dropFirst().first, !word.hasPrefix("-") else { return }
    let known = configuration.subcommands.compactMap { $0.configuration.commandName } + ["help"]
    guard known.contains(word) else {
      throw InputError.unknown("command", word, among: known, status: .usage)
    }
  }
}

/// Facts about this program.
enum Program {
  /// The version, as in CHANGELOG.md.
  static let version = "0.1.0"
}
