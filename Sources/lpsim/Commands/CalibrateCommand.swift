import ArgumentParser
import Base
import Calibration
import HardwareModels
import RealKernels

/// `lpsim calibrate`.
struct CalibrateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "calibrate",
    abstract: "Fits an engine profile to kernels: measured on this machine now, or in tables.",
    discussion: """
      EXAMPLES
        Measure this machine in two minutes, and write the profile, its picture and a folder of measurements:
          lpsim calibrate --backend cpu --out configs/engines/mine.json
        Measure the models of your own on a GPU, for a quarter of an hour:
          lpsim calibrate --backend cuda --model qwen3-30b-a3b --full --out configs/engines/mine.json
        Repeat the fit without measuring:
          lpsim calibrate --from configs/engines/mine/*.csv --base lpk-cpu --out configs/engines/mine.json
        Fit a profile to the MoE layers of one engine on one GPU:
          lpsim calibrate --from moe.csv --gpu H100-SXM --engine VLLM --base vllm-0.24-h100 --name mine \\
            --out configs/engines/mine.json
        Use only what cannot have stayed in a cache, and draw it:
          lpsim calibrate --from moe.csv --gpu H100-SXM --engine VLLM --base vllm-0.24-h100 --name mine \\
            --where "moe: weight_bytes>=1e8" --picture mine.svg

      Beside configs/engines/mine.json a measurement leaves mine.svg, the folder mine with its tables and machine.json, and
      for a machine without a data sheet configs/gpus/mine.json (or gpu.json in the folder, for a profile that is in no
      folder called engines).

      Tables are known by their headers: MoE layers, matrix products, attention, collectives, ceilings. Rows are chosen by
      "family: column=value,value column>=number", for the families moe, gemm, prefill, decode, elementwise and
      collectives; computed columns are weight_bytes (moe, gemm), context and kv_bytes (prefill, decode).

      Tables of a model's layers, as LLMServingSim's profiler writes them, lie in MODEL/tpN for N GPUs; MODEL begins with
      the name of a model (see: lpsim list models). They were measured on the GPU that --gpu names.
      """)

  @OptionGroup(title: "Measuring") var measuring: SurveyOptions

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Do not measure; read these tables of measured kernels.", valueName: "file.csv"),
    completion: .file(extensions: ["csv"]))
  var from: [String] = []

  @Option(
    help: ArgumentHelp("Measure this model, or read only MoE layers of it; may be repeated.", valueName: "name"))
  var model: [String] = []

  @OptionGroup(title: "Fitting") var fitting: FitOptions

  @Option(help: ArgumentHelp("Where to write the profile (default with --from: nowhere).", valueName: "file.json"))
  var out: String?

  @Option(
    help: ArgumentHelp(
      "Draw measured and fitted times, and a roofline (default with --backend: beside the profile).",
      valueName: "file.svg"))
  var picture: String?

  @Flag(help: "Print errors and numbers as one JSON object.")
  var json = false

  @Flag(help: "Print errors and numbers as Markdown.")
  var markdown = false

  func validate() throws {
    if json, markdown { throw ValidationError("--json and --markdown exclude each other") }
    guard measuring.backend != nil else { return try validateTables() }
    if !from.isEmpty { throw ValidationError("--backend measures and --from does not: give one of them") }
    if out == nil { throw ValidationError("--backend needs --out, to say where the profile goes") }
  }

  private func validateTables() throws {
    if from.isEmpty {
      throw ValidationError("give --backend to measure this machine, or --from with tables of measured kernels")
    }
    if measuring.isAsked { throw ValidationError("--quick, --full, --budget, --passes and --seed are for --backend") }
    if fitting.base == nil { throw ValidationError("Missing expected argument '--base <name>'") }
    if fitting.name == nil, out == nil { throw ValidationError("Missing expected argument '--name <name>'") }
  }

  func run() throws {
    let library = ConfigLibrary.standard()
    let files = try out.map { try CalibrationFiles(profile: $0) }
    Interrupt.listen()
    if let backend = measuring.backend, let files {
      try measure(on: backend, into: files, library)
    } else {
      try fit(from, models: model, into: files, library)
    }
  }

  private func measure(on backend: KernelBackend, into files: CalibrationFiles, _ library: ConfigLibrary) throws {
    let survey = try MachineSurvey(measuring, on: backend, of: model, in: library)
    try fitting.checkSheet(of: survey.machine, files, library)
    try files.makeFolders()
    try survey.run(into: files.folder)
    var command = self
    if fitting.base == nil {
      command.fitting.base = backend.usualBase
      command.fitting.set = backend.usualSettings + fitting.set
    }
    command.picture = picture ?? files.picture
    let gpu = try command.fit(files.tables, models: [], into: files, library)
    Terminal.note("\(files.profile), \(command.picture ?? "") and \(files.folder) are written")
    Terminal.note(
      "fit again without measuring:\n  \(commandLine(command.words(["\(files.folder)/*.csv"], models: [])))")
    let engine = files.reference(to: files.profile, in: library)
    Terminal.note("simulate it:\n  lpsim run \(backend.exampleRun) --set engine=\(engine) --set gpu=\(gpu)")
  }

  /// Fits, writes what is to be written, prints the errors.
  /// - Returns: what `--set gpu=` takes for the data sheet.
  @discardableResult private func fit(
    _ paths: [String], models: [String], into files: CalibrationFiles?, _ library: ConfigLibrary
  ) throws -> String {
    let tables = try paths.map { try KernelTable(contentsOf: $0) { try library.model(likeFolder: $0) } }
    let sheet = try fitting.dataSheet(for: tables, files, library)
    // Files by their names alone, for a profile must not know this machine.
    let command = commandLine(
      words(paths, models: models).map { $0.hasPrefix("/") || $0.hasPrefix("..") ? shortName(of: $0) : $0 })
    let profile = try calibrate(
      fitting.spec(tables, sheet, models: models, files, library, command: command), from: tables
    ) {
      try Interrupt.check(keeping: "the tables are as they were")
      Terminal.note("fitting \($0)")
    }
    if let files {
      if sheet.isNew {
        try makeFolder(parent(of: files.dataSheet))
        try OutputFile.write(sheet.tree.prettyJSON() + "\n", to: files.dataSheet)
      }
      try OutputFile.write(profile.json().prettyJSON() + "\n", to: files.profile)
    }
    if let picture { try OutputFile.write(profile.picture(), to: picture) }
    try Terminal.print(report(of: try FitReport(profile)))
    guard sheet.isNew, let files else { return sheet.name }
    return files.reference(to: files.dataSheet, in: library)
  }

  private func report(of report: FitReport) -> String {
    if json { return report.json.prettyJSON() + "\n" }
    if markdown { return report.markdown }
    return report.tables.map { "\($0.title)\n\(table($0.columns, $0.rows))" }.joined(separator: "\n")
  }
}

extension CalibrateCommand {
  /// The command that fits to these tables; what only says how to print is left out.
  private func words(_ paths: [String], models: [String]) -> [String] {
    let places = [("--out", out), ("--picture", picture)].flatMap { option, value in value.map { [option, $0] } ?? [] }
    return ["lpsim", "calibrate", "--from"] + paths + models.flatMap { ["--model", $0] } + fitting.words + places
  }
}

/// A command as it can be typed.
private func commandLine(_ words: [String]) -> String {
  words.map { word in word.contains { " ><!;&()'$".contains($0) } ? "\"\(word)\"" : word }.joined(separator: " ")
}

extension ConfigLibrary {
  /// The model with the longest name with which a folder's begins.
  fileprivate func model(likeFolder folder: String) throws -> Model {
    let known = names(of: .model)
    let fitting = known.filter { folder.lowercased().hasPrefix($0) }
    guard let name = fitting.max(by: { $0.utf8.count < $1.utf8.count }) else {
      throw InputError.unknown("model", folder, among: known, status: .usage, file: "--from")
    }
    return try Model(reading: load(name, .model))
  }
}
