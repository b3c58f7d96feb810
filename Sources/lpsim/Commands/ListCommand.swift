import ArgumentParser
import Base
import HardwareModels
import Results
import Sim
import Traces

/// `lpsim list`.
struct ListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Lists what lpsim knows: models, gpus, engines, policies, routers, traces or metrics.",
    discussion: """
      EXAMPLES
        lpsim list policies
        lpsim list metrics
      """)

  /// What can be listed.
  enum Subject: String, WordSet {
    static let noun = "list of"
    case models, gpus, engines, policies, routers, traces, metrics
  }

  @Argument(help: "What to list: \(Subject.listed).", completion: Subject.completion)
  var subject: String

  func run() throws {
    let library = ConfigLibrary.standard()
    switch try Subject(written: subject) {
    case .models: try Terminal.print(models(in: library))
    case .gpus: try Terminal.print(gpus(in: library))
    case .engines: try Terminal.print(engines(in: library))
    case .policies:
      try Terminal.print(table(["policy", "what it does"], Sim.comparables.map { [$0.name, $0.summary] }))
    case .routers: try Terminal.print(table(["router", "what it does"], Sim.routers.map { [$0.name, $0.summary] }))
    case .traces: try Terminal.print(traces(in: library))
    case .metrics: try Terminal.print(metrics())
    }
  }

  private func models(in library: ConfigLibrary) throws -> String {
    let rows = try library.names(of: .model).map { name in
      let model = try Model(reading: library.load(name, .model))
      let experts = model.transformer.experts.map { "\($0.count), \($0.topK) a token" } ?? "dense"
      return [
        name, model.architecture, "\(model.transformer.layerCount)", experts,
        decimal(model.transformer.parameterCount / 1e9), decimal(model.transformer.activeParameterCount / 1e9),
        decimal(model.transformer.weightBytes.value / 1e9), decimal(model.transformer.kvBytesPerToken.value / 1e3),
      ]
    }
    return table(
      ["model", "architecture", "layers", "experts", "billions", "active", "GB", "KV kB a token"], rows)
  }

  private func gpus(in library: ConfigLibrary) throws -> String {
    let rows = try library.names(of: .gpu).map { name in
      let gpu = try GPU(reading: library.load(name, .gpu))
      return [
        name, decimal(gpu.peakBF16.value / 1e12), decimal(gpu.memoryBandwidth.value / 1e9),
        decimal(gpu.memory.value / 1e9), gpu.linkBandwidth.map { decimal($0.value / 1e9) } ?? "–",
        gpu.power.map { decimal($0.cap.value) } ?? "–",
      ]
    }
    return table(["GPU", "BF16 TFLOP/s", "memory GB/s", "memory GB", "link GB/s each way", "power cap W"], rows)
  }

  private func engines(in library: ConfigLibrary) throws -> String {
    let rows = try library.names(of: .engine).map { name in
      let engine = try EngineProfile(reading: library.load(name, .engine))
      return [
        name, engine.measuredOn.joined(separator: ", "), decimal(engine.hostTimePerIteration.value * 1e3),
        decimal(engine.hostTimePerRequest.value * 1e6),
      ]
    }
    return table(["engine profile", "measured on", "host ms an iteration", "host us a request"], rows)
  }

  /// The catalogue; a long meaning goes on in the lines below.
  private func metrics() -> String {
    let rows = Metric.all.flatMap { metric in
      let better = metric.preference == .neither ? "" : metric.preference.rawValue
      let meaning = wrapped(metric.description, columns: 62).split(separator: "\n").map(String.init)
      return meaning.enumerated().map { index, line in
        index == 0 ? [metric.name, metric.unit.rawValue, better, line] : ["", "", "", line]
      }
    }
    return table(["metric", "unit", "better", "meaning"], rows)
  }

  private func traces(in library: ConfigLibrary) throws -> String {
    let recipes = try library.names(of: .trace).map { name in
      [name, firstSentence(of: try TraceRecipe(reading: library.load(name, .trace)).description)]
    }
    let formats = traceFormats.map { [$0.name, $0.summary] }
    let processes = arrivalProcesses.map { [$0.name, $0.summary] }
    return table(["recipe", "what it stands for"], recipes) + "\n" + table(["file format", "what it is"], formats)
      + "\n"
      + table(["arrival process", "what it is"], processes)
  }
}
