import Base
import HardwareModels

/// Reads measured kernels and fits every form that they are about.
/// - Parameter progress: called before each fit with what is fitted.
public func calibrate(
  _ spec: CalibrationSpec, from source: some MeasurementSource, progress: (String) -> Void = { _ in }
) throws -> FittedProfile {
  let tables = try source.files().map { try KernelTable(contentsOf: $0, model: spec.model) }
  let measurements = try MeasurementSet(reading: tables, spec.selection)
  let gpu = try GPU(reading: spec.gpu)
  var fitter = Fitter(base: try EngineProfile(reading: spec.base), gpu: gpu)
  fitter.dropBeyond = spec.dropBeyond
  let problems = FitProblem.all(for: measurements)
  for problem in problems {
    try problem.checkCount()
    for measurement in problem.measurements where measurement.needsPeak && gpu.peak(for: measurement.format) == nil {
      throw InputError(
        .config, "the GPU \(gpu.name) does not multiply \(measurement.format.rawValue), but \(problem.title) do")
    }
  }
  let fits = try problems.map { problem in
    progress("\(problem.title): \(problem.measurements.count) measurements")
    return try fitter.fit(problem)
  }
  return try FittedProfile(
    name: spec.name, measuredOn: [spec.gpuName], fits: fits, measurements: measurements, selection: spec.selection,
    command: spec.command, gpu: gpu, base: spec.base)
}

extension Measurement {
  fileprivate var needsPeak: Bool { family == .moe || family == .gemm }
}
