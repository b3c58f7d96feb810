import Base
import RealKernels

/// A kernel library that is built here, and what its kernels ask of sizes.
struct Machine: CustomStringConvertible, Sendable {
  var description: String
  var backend: KernelBackend
  var path: String
  /// Sizes of weights are multiples of it.
  var grain: Int
  /// Head widths that attention knows.
  var headWidths: [Int]

  /// A size at least as large as `size` that the kernels take.
  func size(_ size: Int) -> Int { (size + grain - 1) / grain * grain }

  func open(threads: Int? = nil) throws -> Kernels {
    try Kernels(KernelLibrary(backend, at: path), threads: threads)
  }

  func check(seed: UInt64) throws -> KernelCheck { try KernelCheck(open(threads: 2), seed: seed) }
}

/// The folder of Package.swift.
let packageFolder = #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" }

/// The CPU kernels if they are built, and CUDA's through an emulator that runs them on the CPU if that is.
let machines: [Machine] = [
  Machine(
    description: "cpu", backend: .cpu, path: "\(packageFolder)/.build/kernels/liblpk_cpu.so", grain: 1,
    headWidths: [7, 16, 40]),
  Machine(
    description: "cuda, emulated", backend: .cuda,
    path: "\(packageFolder)/.build/kernels/liblpk_cuda_emulated.so", grain: 8, headWidths: [32, 64, 128]),
].filter { fileExists($0.path) }

/// Why a test of kernels does not run.
let notBuilt = "the kernels are not built here: run scripts/build-kernels.sh --emulated-cuda"

/// What went wrong, in words.
func message(_ body: () throws -> Void) -> String {
  do {
    try body()
    return "no error"
  } catch { return "\(error)" }
}
