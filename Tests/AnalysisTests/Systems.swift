import Analysis
import Base
import HardwareModels
import TestSupport

private let library = ConfigLibrary(roots: [projectFile("configs")])

/// A model of `configs/models`, in BF16.
func model(_ name: String) throws -> Model {
  try Model(reading: library.load(name, .model).removing("quantization_config"))
}

/// A GPU of `configs/gpus`.
func gpu(_ name: String) throws -> GPU { try GPU(reading: library.load(name, .gpu)) }

/// An engine profile of `configs/engines`.
func engine(_ name: String) throws -> EngineProfile { try EngineProfile(reading: library.load(name, .engine)) }

/// NVLink as the second study has it.
let nvlink = Link(bandwidth: BytesPerSecond(9e11), latency: Seconds(1.34e-6))

/// A model on so many of the study's B200, in BF16.
func balance(
  _ name: String, gpus: Int = 32, tensorParallel: Int = 1, expertParallel: Int? = nil, link: Link = nvlink
) throws -> Balance {
  try Balance(
    of: model(name),
    on: SystemShape(
      of: gpu("b200-sxm-192gb"), gpus: gpus, tensorParallel: tensorParallel, expertParallel: expertParallel ?? gpus,
      link: link))
}

/// Whether two numbers differ by no more than one in a thousand.
func isClose(_ a: Double, _ b: Double, within share: Double = 1e-3) -> Bool { (a - b).magnitude <= share * b.magnitude }

/// The sentence that a wrong input gives.
func sentence(_ body: () throws -> Void) -> String {
  do {
    try body()
    return "no error"
  } catch { return "\(error)" }
}
