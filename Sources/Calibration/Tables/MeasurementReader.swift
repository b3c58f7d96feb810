import Base
import HardwareModels

/// Which measurements a profile is fitted to.
public struct MeasurementSelection: Sendable {
  /// The `gpu` column.
  public var gpu: String
  /// The `engine` column of families whose filters say nothing about it; any engine if nil.
  public var engine: String?
  /// The `model` column of MoE rows; all models if empty.
  public var models: [String]
  /// What rows must fulfil.
  public var filters: [RowFilter]
  /// What rows must not fulfil.
  public var exceptions: [RowFilter]

  /// A selection.
  public init(
    gpu: String, engine: String?, models: [String] = [], filters: [RowFilter] = [], exceptions: [RowFilter] = []
  ) {
    self.gpu = gpu
    self.engine = engine
    self.models = models
    self.filters = filters
    self.exceptions = exceptions
  }

  /// The filters of a family as they were written, for the sources of a profile.
  public func described(_ family: KernelFamily) -> String {
    let wanted = filters.filter { $0.family == family }.map(\.text)
    let unwanted = exceptions.filter { $0.family == family }.map { "not (\($0.text))" }
    let engine = hasOwnEngine(family) ? nil : engine.map { "engine=\($0)" }
    return (["gpu=\(gpu)"] + [engine].compactMap { $0 } + wanted + unwanted).joined(separator: "; ")
  }

  fileprivate func hasOwnEngine(_ family: KernelFamily) -> Bool {
    filters.contains { $0.family == family && $0.conditions.contains { $0.column == "engine" } }
  }
}

/// Measurements read from tables, and what was left out and why.
public struct MeasurementSet: Sendable {
  /// Rows of one family that were not used for one reason.
  public struct LeftOut: Hashable, Sendable {
    /// The family.
    public var family: KernelFamily
    /// Why.
    public var reason: String
    /// How many.
    public var count: Int
  }

  /// What is used.
  public private(set) var measurements: [Measurement] = []
  /// What is not, in the order it was met.
  public private(set) var leftOut: [LeftOut] = []
  /// The files that were read.
  public private(set) var files: [String] = []

  /// The measurements of a family.
  public func of(_ family: KernelFamily) -> [Measurement] { measurements.filter { $0.family == family } }

  /// These measurements, from no file.
  init(measurements: [Measurement]) { self.measurements = measurements }

  /// Reads what is selected from tables.
  public init(reading tables: [KernelTable], _ selection: MeasurementSelection) throws {
    var loads = LoadCache()
    for table in tables where table.schema.hasKernels {
      files.append(table.file)
      let gpu = selection.gpu.lowercased()
      for row in table.all where row.isOn(gpu) { try add(row, selection, &loads) }
    }
    guard !measurements.isEmpty else { throw nothingFound(tables, selection) }
  }

  private mutating func add(
    _ row: KernelTable.Row, _ selection: MeasurementSelection, _ loads: inout LoadCache
  ) throws {
    let family = try row.family()
    if let engine = selection.engine, !selection.hasOwnEngine(family) {
      guard row.table.schema.isOfLayers || row.text("engine").lowercased() == engine.lowercased() else {
        return leaveOut(family, "another engine than \(engine)")
      }
    }
    if family == .moe, !selection.models.isEmpty, !selection.models.contains(row.text("model")) {
      return leaveOut(family, "another model")
    }
    if let reason = row.reasonItHasNoForm(family) { return leaveOut(family, reason) }
    var cache = loads
    let derived = DerivedColumns(names: row.derivedNames(family)) { try row.derived($0, family, &cache) }
    for filter in selection.filters where filter.family == family {
      guard try filter.holds(for: row, derived: derived) else { return leaveOut(family, "not \"\(filter.text)\"") }
    }
    for filter in selection.exceptions where filter.family == family {
      guard try !filter.holds(for: row, derived: derived) else {
        return leaveOut(family, "excepted \"\(filter.text)\"")
      }
    }
    measurements.append(try row.measurement(family, &cache))
    loads = cache
  }

  private mutating func leaveOut(_ family: KernelFamily, _ reason: String) {
    if let index = leftOut.firstIndex(where: { $0.family == family && $0.reason == reason }) {
      leftOut[index].count += 1
    } else {
      leftOut.append(LeftOut(family: family, reason: reason, count: 1))
    }
  }

  private func nothingFound(_ tables: [KernelTable], _ selection: MeasurementSelection) -> InputError {
    let known = tables.gpus
    if !known.isEmpty, !known.contains(where: { $0.lowercased() == selection.gpu.lowercased() }) {
      return .unknown("measurements of a GPU called", selection.gpu, among: known, status: .usage, file: "--gpu")
    }
    let reasons = leftOut.map { "\($0.count) \($0.family.rawValue) rows: \($0.reason)" }.joined(separator: "; ")
    return InputError(.data, file: files.joined(separator: ", "), "no row is left to fit to", hint: reasons)
  }
}

extension KernelTable.Row {
  /// Whether it was measured on a GPU, in small letters; what names none was measured on the one that is asked for.
  fileprivate func isOn(_ gpu: String) -> Bool { self["gpu"].map { $0.lowercased() == gpu } ?? true }
}

extension [KernelTable] {
  /// The GPUs whose kernels stand in these tables, in the order in which they are met; tables of layers name none.
  public var gpus: [String] {
    var known: [String] = []
    for table in self where table.schema.hasKernels {
      for gpu in table.all.compactMap({ $0["gpu"] }) where !known.contains(gpu) { known.append(gpu) }
    }
    return known
  }
}

/// Expert loads that were already computed: many rows share one.
struct LoadCache {
  private struct Key: Hashable {
    var counts: RoutedCounts
    var tokens: Int
    var experts: Int
    var topK: Int
  }

  private var known: [Key: ExpertLoad] = [:]

  mutating func load(_ counts: RoutedCounts, tokens: Int, experts: Int, topK: Int) -> ExpertLoad {
    let key = Key(counts: counts, tokens: tokens, experts: experts, topK: topK)
    if let load = known[key] { return load }
    let load = counts.load(tokens: tokens, experts: experts, topK: topK)
    known[key] = load
    return load
  }
}
