import ArgumentParser
import Base
import Calibration

/// Which rows of the tables are used, and what is not in them.
struct FitOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The GPU, as the tables call it (default: their only one).", valueName: "name"))
  var gpu: String?

  @Option(
    help: ArgumentHelp(
      "The GPU's data sheet (default: the one whose name begins like the GPU's, see lpsim list gpus; or else one is made "
        + "from measured ceilings).",
      valueName: "name"))
  var dataSheet: String?

  @Option(help: ArgumentHelp("The serving software, as the tables call it (default: any).", valueName: "name"))
  var engine: String?

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

  @Option(
    help: ArgumentHelp(
      "The profile from which comes what kernels cannot say (default: the backend's).", valueName: "name"))
  var base: String?

  @Option(
    help: ArgumentHelp(
      "What holds here in place of what the base says, such as expertTilings=[]; may be repeated.",
      valueName: "key.path=value"))
  var set: [String] = []

  @Option(help: ArgumentHelp("What the new profile is called (default: as its file).", valueName: "name"))
  var name: String?

  func validate() throws {
    if let dropBeyond, !(dropBeyond > 1) { throw ValidationError("--drop-beyond is a factor above 1") }
  }

  /// These options as they are typed.
  var words: [String] {
    let single = [
      ("--gpu", gpu), ("--data-sheet", dataSheet), ("--engine", engine), ("--dtype", dtype), ("--base", base),
      ("--name", name), ("--drop-beyond", dropBeyond.map { "\($0)" }),
    ]
    return single.flatMap { option, value in value.map { [option, $0] } ?? [] }
      + set.flatMap { ["--set", $0] } + self.where.flatMap { ["--where", $0] } + except.flatMap { ["--except", $0] }
  }

  /// What a calibration must know to fit to these tables.
  func spec(
    _ tables: [KernelTable], _ sheet: DataSheet, models: [String], _ files: CalibrationFiles?,
    _ library: ConfigLibrary, command: String
  ) throws -> CalibrationSpec {
    guard let base, let name = name ?? files?.name else { preconditionFailure("validate asks for base and name") }
    let selection = MeasurementSelection(
      gpu: try measuredGPU(tables), engine: engine, models: models, filters: try filters(),
      exceptions: try except.map { try RowFilter(parsing: $0, option: "--except") })
    let profile = try set.reduce(library.load(base, .engine)) { profile, text in
      let override = try ConfigOverride(parsing: text)
      return try profile.setting(override.keyPath, to: override.value)
    }
    return CalibrationSpec(
      name: name, selection: selection, gpu: sheet.tree, gpuName: sheet.name, base: profile,
      dropBeyond: dropBeyond, command: command)
  }

  private func filters() throws -> [RowFilter] {
    let types = try dtype.map { dtype in
      try ["moe", "gemm"].map { try RowFilter(parsing: "\($0): dtype=\(dtype)", option: "--dtype") }
    }
    return try self.where.map { try RowFilter(parsing: $0, option: "--where") } + (types ?? [])
  }

  /// The GPU that was asked for, or else the only one of the tables.
  private func measuredGPU(_ tables: [KernelTable]) throws -> String {
    let known = tables.gpus
    guard let gpu = gpu ?? (known.count == 1 ? known.first : nil) else {
      let problem = known.isEmpty ? "the tables do not name their GPU" : "the tables are of several GPUs"
      throw InputError(
        .usage, file: "--gpu", problem, hint: known.isEmpty ? "" : "known: \(known.joined(separator: ", "))")
    }
    return gpu
  }
}

/// The data sheet of a GPU that was measured.
struct DataSheet {
  /// What profiles call it.
  var name: String
  /// All of it.
  var tree: ConfigNode
  /// Whether it was made from measured ceilings and stands in no file yet.
  var isNew: Bool
}

extension FitOptions {
  /// The one that was asked for; or the one whose name begins like the GPU's; or one made from the tables' ceilings.
  func dataSheet(for tables: [KernelTable], _ files: CalibrationFiles?, _ library: ConfigLibrary) throws -> DataSheet {
    let gpu = try measuredGPU(tables)
    if let name = try dataSheet ?? knownSheet(of: gpu, library) {
      return DataSheet(name: name, tree: try library.load(name, .gpu), isNew: false)
    }
    guard let ceilings = try Ceilings(in: tables) else {
      throw InputError(
        .usage, file: "--gpu", "no data sheet is called like \"\(gpu)\", and no table has its ceilings",
        hint: "name one with --data-sheet; known: \(library.names(of: .gpu).joined(separator: ", "))")
    }
    try checkSheet(of: gpu, files, library)
    return DataSheet(name: files?.name ?? gpu, tree: ceilings.dataSheet(of: gpu), isNew: true)
  }

  /// Refuses to make a data sheet in the place of another machine's.
  func checkSheet(of machine: String, _ files: CalibrationFiles?, _ library: ConfigLibrary) throws {
    guard try dataSheet ?? knownSheet(of: machine, library) == nil, let files, fileExists(files.dataSheet) else {
      return
    }
    let known = try ConfigNode(contentsOf: files.dataSheet).member("name")?.string() ?? ""
    guard known != machine else { return }
    throw InputError(
      .usage, file: "--out", "\(files.dataSheet) is the data sheet of \(known), not of \(machine)",
      hint: "choose another name, or name the data sheet with --data-sheet")
  }

  /// Tables may call a GPU `H100-SXM`, and CUDA calls it `NVIDIA H100 80GB HBM3`.
  private func knownSheet(of gpu: String, _ library: ConfigLibrary) throws -> String? {
    let maker = "nvidia "
    var word = gpu.lowercased()
    if word.hasPrefix(maker) { word = String(word.dropFirst(maker.count).prefix { $0 != " " && $0 != "-" }) }
    let known = library.names(of: .gpu).filter { $0.hasPrefix(word) }
    guard known.count < 2 else {
      throw InputError(
        .usage, file: "--gpu", "more than one data sheet is called like \"\(gpu)\"",
        hint: "name it with --data-sheet; known: \(known.joined(separator: ", "))")
    }
    return known.first
  }
}
