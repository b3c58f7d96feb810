import Base
import HardwareModels

/// Everything that a calibration needs to know beside its measurements.
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
  /// Measurements missed by more than this factor are dropped; nil keeps all.
  public var dropBeyond: Double?
  /// How to make it again.
  public var command: String

  /// A calibration.
  public init(
    name: String, selection: MeasurementSelection, gpu: ConfigNode, gpuName: String, base: ConfigNode,
    dropBeyond: Double?, command: String
  ) {
    self.name = name
    self.selection = selection
    self.gpu = gpu
    self.gpuName = gpuName
    self.base = base
    self.dropBeyond = dropBeyond
    self.command = command
  }
}
