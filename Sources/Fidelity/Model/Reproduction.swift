import Base
import Calibration
import Pictures

/// A published experiment that lpsim does again.
///
/// Conforming types read their measurements from `configs/references`, say which simulations they need, and compare.
/// Simulations of all reproductions are run together, each only once; what costs microseconds is priced in `chapter`.
public protocol Reproduction: Sendable {
  /// Its name, as `--only` takes it.
  static var name: String { get }

  /// Reads its measurements.
  init(in library: ConfigLibrary) throws

  /// The simulations it needs.
  var runs: [ServedRun] { get }

  /// Measured beside simulated.
  func chapter(from outcomes: Outcomes) throws -> Chapter
}

/// Every experiment that can be reproduced, in the order of the page.
public let reproductions: [any Reproduction.Type] = [
  ChunkSizes.self, LoadCurves.self, PaperTables.self, ServerPercentiles.self, ServingEnergy.self, KernelFits.self,
  LayerKernels.self, MLAMoE.self,
]

/// What is said of one experiment.
public struct Chapter: Sendable {
  /// Its name, as `--only` takes it.
  public var name: String
  /// What it is about.
  public var title: String
  /// What was measured and simulated, where the values come from, what had to be assumed.
  public var summary: [String]
  /// Published figures beside ours, by table.
  public var tables: [FigureTable] = []
  /// Tables of anything else.
  public var otherTables: [WordTable] = []
  /// Measured kernels behind those tables, all of them fitted.
  public var measuredKernels = 0
  /// Pictures.
  public var plots: [Plot] = []
  /// What errors should stay below.
  public var targets: [Target] = []
  /// Why lpsim is off where it is.
  public var why: [String]
  /// Engine profiles that priced it.
  public var engines: [String] = []

  /// Every figure.
  public var figures: [ComparedFigure] { tables.flatMap(\.figures) }

  init(_ name: String, _ reference: Reference) {
    self.name = name
    title = reference.title
    summary = reference.summary + ["Source: \(reference.source)"]
    why = reference.why
  }

  /// The chapter with tables of figures, and the targets checked on them.
  init(_ name: String, _ reference: Reference, _ tables: [FigureTable], engines: [String]) throws {
    self.init(name, reference)
    self.tables = tables
    self.engines = engines.unique
    targets = try reference.targets.map { try $0.check(figures) }
  }
}

extension Array where Element: Equatable {
  /// Each element where it stands first.
  var unique: [Element] { reduce(into: []) { if !$0.contains($1) { $0.append($1) } } }
}
