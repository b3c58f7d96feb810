import Base

/// The memory in which points are measured: one pool of each sort, as large as the most demanding point needs, so that
/// many points of a real model's size fit side by side.
public struct SurveyBench {
  /// The device.
  public let kernels: Kernels
  /// Random weights.
  public let weights: KernelBuffer
  /// Random activations, fresh in every pass.
  public let inputs: KernelBuffer
  /// What comes out.
  public let outputs: KernelBuffer
  /// Random keys.
  public let keys: KernelBuffer
  /// Random values.
  public let values: KernelBuffer
  /// One number.
  public let total: KernelBuffer
  private let seed: UInt64

  /// Pools for these needs, filled. Weights are as small as a trained layer's, so that no product overflows.
  init(_ kernels: Kernels, for needs: SurveyNeeds, seed: UInt64) throws {
    let activation = kernels.capabilities.activationType
    self.kernels = kernels
    self.seed = seed
    weights = try KernelBuffer(kernels, .bfloat16, count: max(1, needs.weights), seed: seed &+ 1, scale: 0.04)
    inputs = try KernelBuffer(kernels, activation, count: max(1, needs.inputs))
    outputs = try KernelBuffer(kernels, activation, count: max(1, needs.outputs))
    keys = try KernelBuffer(kernels, .bfloat16, count: max(1, needs.keys), seed: seed &+ 2, scale: 1)
    values = try KernelBuffer(kernels, .bfloat16, count: max(1, needs.keys), seed: seed &+ 3, scale: 1)
    total = try KernelBuffer(kernels, .float32, count: 1)
    try kernels.synchronize()
  }

  /// Other inputs.
  func refresh(pass: Int) throws {
    try inputs.fillRandomly(seed: seed &+ 1000 &+ UInt64(pass), scale: 1)
    try kernels.synchronize()
  }

  /// Where in a pool `count` elements begin in a pass: spread by the golden ratio over what room there is.
  func offset(of count: Int, in buffer: KernelBuffer, pass: Int) -> Int {
    let room = buffer.count - count
    precondition(room >= 0, "a pool is as large as the largest need")
    let share = (Double(pass) * 0.618_033_988_749_895).truncatingRemainder(dividingBy: 1)
    // Kernels load 16 bytes at once; 64 elements are a whole number of cache lines.
    return Int(share * Double(room)) / 64 * 64
  }

  /// A cache of so many keys and values in a pass.
  func cache(of count: Int, pass: Int) -> KernelCache {
    let at = offset(of: count, in: keys, pass: pass)
    return KernelCache(keys: keys.from(at), values: values.from(at))
  }

  /// A program on the pools and on what else it works on.
  func record(keeping others: [KernelBuffer], _ body: () throws -> Void) throws -> KernelProgram {
    try kernels.record(keeping: [weights, inputs, outputs, keys, values, total] + others, body)
  }
}

extension SurveyBench {
  /// Every element of these outputs becomes poison.
  func poison(outputs count: Int) throws {
    try kernels.check(kernels.api.fill_poison(outputs.all.raw, Int64(count)))
  }

  /// An error if anything at the beginning, in the middle or at the end of these outputs is no number.
  func requireWritten(outputs count: Int, by point: any SurveyPoint) throws {
    let piece = 1 << 16
    for first in [0, count / 2, count - piece] where first >= 0 && first < count {
      let found = try outputs.download(first..<min(count, first + piece))
      guard let wrong = found.firstIndex(where: { !$0.isFinite }) else { continue }
      throw InputError(
        .software, "\(point.label): output \(first + wrong) is \(found[wrong]) after the kernel has run")
    }
  }
}
