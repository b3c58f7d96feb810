import Base
import HardwareModels

/// Where measured kernels come from: files that lie there, or a machine that is measured now.
public protocol MeasurementSource {
  /// The CSV files, each with the header of one of the known tables.
  func files() throws -> [String]
}

/// Files that lie there.
public struct MeasuredFiles: MeasurementSource {
  private let paths: [String]

  /// These files.
  public init(_ paths: [String]) { self.paths = paths }

  /// The files.
  public func files() throws -> [String] { paths }
}

/// Everything that a calibration needs to know.
public struct CalibrationSpec: Sendable {
  /// What the profile is called.
  public var name: String
  /// Which rows are used.
  public var selection: MeasurementSelection
  /// The data sheet of the GPU that was measured.
  public var gpu: ConfigNode
  /// The name of that data sheet.
  public var gpuName: String
  /// The profile from which comes what kernels cannot say.
  public var base: ConfigNode
  /// The model that a folder of tables of its layers is called after.
  public var model: @Sendable (String) throws -> Model
  /// Measurements missed by more than this factor are dropped; nil keeps all.
  public var dropBeyond: Double?
  /// How to make it again.
  public var command: String

  /// A calibration.
  public init(
    name: String, selection: MeasurementSelection, gpu: ConfigNode, gpuName: String, base: ConfigNode,
    model: @escaping @Sendable (String) throws -> Model, dropBeyond: Double?, command: String
  ) {
    self.name = name
    self.selection = selection
    self.gpu = gpu
    self.gpuName = gpuName
    self.base = base
    self.model = model
    self.dropBeyond = dropBeyond
    self.command = command
  }
}
