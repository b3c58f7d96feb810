import ArgumentParser
import Base
import Calibration
import HardwareModels

/// `lpsim calibrate`.
struct CalibrateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "calibrate",
    abstract: "Fits an engine profile to measured kernels.",
    discussion: """
      EXAMPLES
        Fit a profile to the MoE layers of one engine on one GPU:
          lpsim calibrate --from moe.csv --gpu H100-SXM --engine VLLM --base vllm-0.24-h100 --name mine \\
            --out configs/engines/mine.json
        Use only what cannot have stayed in a cache, and draw it:
          lpsim calibrate --from moe.csv --gpu H100-SXM --engine VLLM --base vllm-0.24-h100 --name mine \\
            --where "moe: weight_bytes>=1e8" --picture mine.svg

      Tables are known by their headers: MoE layers, matrix products, attention, collectives. Rows are chosen by
      "family: column=value,value column>=number", for the families moe, gemm, prefill, decode, elementwise and
      collectives; computed columns are weight_bytes (moe, gemm), context and kv_bytes (prefill, decode).

      Tables of a model's layers, as LLMServingSim's profiler writes them, lie in MODEL/tpN for N GPUs; MODEL begins with
      the name of a model (see: lpsim list models). They were measured on the GPU that --gpu names.
      """)

  @Option(
    parsing: .upToNextOption, help: ArgumentHelp("Tables of measured kernels.", valueName: "file.csv"),
    completion: .file(extensions: ["csv"]))
  var from: [String]

  @Option(help: ArgumentHelp("The GPU, as the tables call it.", valueName: "name"))
  var gpu: String

  @Option(
    help: ArgumentHelp(
      "The GPU's data sheet (default: the one whose name begins like the GPU's; see: lpsim list gpus).",
      valueName: "name"))
  var dataSheet: String?

  @Option(help: ArgumentHelp("The serving software, as the tables call it (default: any).", valueName: "name"))
  var engine: String?

  @Option(help: ArgumentHelp("Only MoE layers of this model; may be repeated.", valueName: "name"))
  var model: [String] = []

  @Option(
    help: ArgumentHelp("Only matrix products and MoE layers with weights of these types.", valueName: "type,type"))
  var dtype: String?

  @Option(help: ArgumentHelp("Only such rows of a family; may be repeated.", valueName: "family: conditions"))
  var `where`: [String] = []

  @Option(help: ArgumentHelp("No such rows of a family; may be repeated.", valueName: "family: conditions"))
  var except: [String] = []

  @Option(
    help: ArgumentHelp(
      "Drop rows that a first fit misses by more than this factor, and fit again.", valueName: "factor"))
  var dropBeyond: Double?

  @Option(help: ArgumentHelp("The profile from which comes what kernels cannot say.", valueName: "name"))
  var base: String

  @Option(help: ArgumentHelp("What the new profile is called.", valueName: "name"))
  var name: String

  @Option(help: ArgumentHelp("Where to write the profile (default: nowhere).", valueName: "file.json"))
  var out: String?

  @Option(help: ArgumentHelp("Draw measured and fitted times, and a roofline.", valueName: "file.svg"))
  var picture: String?

  @Flag(help: "Print errors and numbers as one JSON object.")
  var json = false

  @Flag(help: "Print errors and numbers as Markdown.")
  var markdown = false

  func validate() throws {
    if json, markdown { throw ValidationError("--json and --markdown exclude each other") }
    if let dropBeyond, !(dropBeyond > 1) { throw ValidationError("--drop-beyond is a factor above 1") }
  }

  func run() throws {
    let profile = try calibrate(spec(in: .standard()), from: MeasuredFiles(from)) { Terminal.note("fitting \($0)") }
    if let out {
      let text = try profile.json().prettyJSON() + "\n"
      try OutputFile.write(to: out) { try $0(Array(text.utf8).span) }
    }
    if let picture {
      let text = try profile.picture()
      try OutputFile.write(to: picture) { try $0(Array(text.utf8).span) }
    }
    try Terminal.print(report(of: FitReport(profile)))
  }

  private func report(of report: FitReport) -> String {
    if json { return report.json.prettyJSON() + "\n" }
    if markdown { return report.markdown }
    return report.tables.map { "\($0.title)\n\(table($0.columns, $0.rows))" }.joined(separator: "\n")
  }

  private func spec(in library: ConfigLibrary) throws -> CalibrationSpec {
    let sheet = try dataSheet ?? sheetName(in: library)
    return CalibrationSpec(
      name: name, selection: try selection(), gpu: try library.load(sheet, .gpu), gpuName: sheet,
      base: try library.load(base, .engine), model: { try model(called: $0, in: library) }, dropBeyond: dropBeyond,
      command: command)
  }

  private func selection() throws -> MeasurementSelection {
    var filters = try self.where.map { try RowFilter(parsing: $0, option: "--where") }
    if let dtype {
      filters += try ["moe", "gemm"].map { try RowFilter(parsing: "\($0): dtype=\(dtype)", option: "--dtype") }
    }
    let exceptions = try except.map { try RowFilter(parsing: $0, option: "--except") }
    return MeasurementSelection(
      gpu: gpu, engine: engine, models: model, filters: filters, exceptions: exceptions)
  }

  /// The model with the longest name with which a folder's begins.
  private func model(called folder: String, in library: ConfigLibrary) throws -> Model {
    let known = library.names(of: .model)
    let fitting = known.filter { folder.lowercased().hasPrefix($0) }
    guard let name = fitting.max(by: { $0.utf8.count < $1.utf8.count }) else {
      throw InputError.unknown("model", folder, among: known, status: .usage, file: "--from")
    }
    return try Model(reading: library.load(name, .model))
  }

  /// The one data sheet whose name begins like the GPU's.
  private func sheetName(in library: ConfigLibrary) throws -> String {
    let known = library.names(of: .gpu)
    let fitting = known.filter { $0.hasPrefix(gpu.lowercased()) }
    guard fitting.count == 1 else {
      throw InputError(
        .usage, file: "--gpu", "\(fitting.isEmpty ? "no" : "more than one") data sheet is called like \"\(gpu)\"",
        hint: "name it with --data-sheet; known: \(known.joined(separator: ", "))")
    }
    return fitting[0]
  }

  /// The command line as it can be typed again; files by their names alone, for a profile must not know this machine.
  private var command: String {
    let words = CommandLine.arguments.dropFirst().filter { $0 != "--json" && $0 != "--markdown" }.map { word in
      let short = word.hasPrefix("/") || word.hasPrefix("..") ? shortName(of: word) : word
      return short.contains { " ><!;".contains($0) } ? "\"\(short)\"" : short
    }
    return (["lpsim"] + words).joined(separator: " ")
  }
}
