import Base
import CKernels

/// Operations that were recorded and can be run, timed and metered again and again. It names buffers, not what is in
/// them. A class because it owns the recording: the last one to let go frees it.
public final class KernelProgram {
  private let kernels: Kernels
  private let handle: OpaquePointer
  /// What its operations work on, kept alive for as long as they may run.
  private let buffers: [KernelBuffer]

  init(_ kernels: Kernels, _ handle: OpaquePointer, _ buffers: [KernelBuffer]) {
    self.kernels = kernels
    self.handle = handle
    self.buffers = buffers
  }

  deinit { kernels.api.program_destroy(handle) }

  /// Runs it once. A GPU may still be at work when this returns.
  public func run() throws { try kernels.check(kernels.api.program_run(handle)) }

  /// Runs it once unmeasured, then `repeats` times, each timed by the device's own clock.
  /// `evictingCaches` sends something else through the caches before each of them.
  public func time(repeats: Int, evictingCaches: Bool = false) throws -> [Seconds] {
    var seconds = [Double](repeating: 0, count: repeats)
    try kernels.check(kernels.api.program_time(handle, Int32(repeats), evictingCaches ? 1 : 0, &seconds))
    return seconds.map { Seconds($0) }
  }

  /// What a loop of runs took from the energy counter.
  public struct Metering: Hashable, Sendable {
    /// Energy of the whole device, idle power included.
    public var energy: Joules
    /// How long the loop took.
    public var duration: Seconds
    /// How many runs it had.
    public var runs: Int
  }

  /// Runs it back to back for at least that long, reading the energy counter before and after. Unavailable where energy
  /// is not measured.
  public func meter(atLeast time: Seconds) throws -> Metering {
    var joules = 0.0
    var seconds = 0.0
    var runs: Int64 = 0
    try kernels.check(kernels.api.program_energy(handle, time.value, &joules, &seconds, &runs))
    return Metering(energy: Joules(joules), duration: Seconds(seconds), runs: Int(runs))
  }
}

extension Kernels {
  /// Records what `body` asks for instead of doing it. Uploads and downloads are not recorded but happen at once.
  public func record(keeping buffers: [KernelBuffer], _ body: () throws -> Void) throws -> KernelProgram {
    try check(api.record_begin(device))
    let outcome = Result { try body() }
    var made: OpaquePointer?
    try check(api.record_end(device, &made))
    guard let made else { preconditionFailure("a kernel library gave no program and no error") }
    let program = KernelProgram(self, made, buffers)
    try outcome.get()
    return program
  }
}
