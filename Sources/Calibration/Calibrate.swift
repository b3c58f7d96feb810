import Base
import HardwareModels

/// Fits every form that measured kernels are about.
/// - Parameter progress: called before each fit with what is fitted.
public func calibrate(
  _ spec: CalibrationSpec, from tables: [KernelTable], progress: (String) throws -> Void = { _ in }
) throws -> FittedProfile {
  let measurements = try MeasurementSet(reading: tables, spec.selection)
  let gpu = try GPU(reading: spec.gpu)
  let base = try EngineProfile(reading: spec.base)
  var fitter = Fitter(base: base, gpu: gpu)
  fitter.dropBeyond = spec.dropBeyond
  let problems = FitProblem.all(for: measurements, base: base)
  for problem in problems {
    try problem.checkCount()
    for measurement in problem.measurements where measurement.needsPeak && gpu.peak(for: measurement.format) == nil {
      throw InputError(
        .config, "the GPU \(gpu.name) does not multiply \(measurement.format.rawValue), but \(problem.title) do")
    }
  }
  let fits = try problems.map { problem in
    try progress("\(problem.title): \(problem.measurements.count) measurements")
    return try fitter.fit(problem)
  }
  return try FittedProfile(
    name: spec.name, measuredOn: [spec.gpuName], fits: fits, measurements: measurements, selection: spec.selection,
    command: spec.command, gpu: gpu, ceilings: try Ceilings(in: tables), base: spec.base)
}

extension Measurement {
  fileprivate var needsPeak: Bool { family == .moe || family == .gemm }
}
