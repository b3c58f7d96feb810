import Base
import HardwareModels

/// The rate at which memory is read at best: a sum of many weights.
public struct ReadCeiling: SurveyPoint {
  /// Weights that are read.
  public let count: Int

  /// A sum of so many.
  public init(count: Int) { self.count = count }

  /// What it is called.
  public var label: String { series }
  /// The quantity.
  public var series: String { "read_bandwidth" }
  /// A ceiling is always measured.
  public var isCeiling: Bool { true }
  /// Reads only.
  public var work: SurveyWork { SurveyWork(flops: .zero, bytes: Bytes(2 * count)) }
  /// Weights; the sum has a place of its own.
  public var needs: SurveyNeeds { SurveyNeeds(weights: count) }
  /// Proven together with the copy.
  public var checkName: String { "copy and sum" }
  /// A copy and its sum.
  public func check(_ check: inout KernelCheck) throws { _ = try check.copyAndSum(.bfloat16, count: 100_003) }

  /// The sum of other weights in each pass.
  public func program(on bench: SurveyBench, pass: Int) throws -> KernelProgram {
    let weights = bench.weights.from(bench.offset(of: count, in: bench.weights, pass: pass))
    return try bench.record(keeping: []) {
      try bench.kernels.sum(count: count, source: weights, target: bench.total.all)
    }
  }

  /// Where its rate is written.
  public var table: SurveyTable { .ceilings }
  /// Its row there.
  public func row(_ times: SampleSpread, on machine: SurveyMachine) -> [String] {
    ceilingRow(series, work.bytes.value, "bytes_per_second", times)
  }
}

/// The rate at which memory is copied at best: bytes read and bytes written.
public struct CopyCeiling: SurveyPoint {
  /// Activations that are copied.
  public let count: Int
  private let elementBytes: Int

  /// A copy of so many activations of this type.
  public init(count: Int, of type: ElementType) {
    self.count = count
    elementBytes = type.byteCount
  }

  /// What it is called.
  public var label: String { series }
  /// The quantity.
  public var series: String { "copy_bandwidth" }
  /// A ceiling is always measured.
  public var isCeiling: Bool { true }
  /// Reads and writes.
  public var work: SurveyWork { SurveyWork(flops: .zero, bytes: Bytes(2 * count * elementBytes)) }
  /// Two of a size.
  public var needs: SurveyNeeds { SurveyNeeds(inputs: count, outputs: count) }
  /// Proven together with the sum.
  public var checkName: String { "copy and sum" }
  /// A copy and its sum.
  public func check(_ check: inout KernelCheck) throws {
    _ = try check.copyAndSum(check.activationType, count: 100_003)
  }

  /// The copy.
  public func program(on bench: SurveyBench, pass: Int) throws -> KernelProgram {
    try bench.record(keeping: []) {
      try bench.kernels.copy(count: count, source: bench.inputs.all, target: bench.outputs.all)
    }
  }

  /// Where its rate is written.
  public var table: SurveyTable { .ceilings }
  /// Its row there.
  public func row(_ times: SampleSpread, on machine: SurveyMachine) -> [String] {
    ceilingRow(series, work.bytes.value, "bytes_per_second", times)
  }
}

/// The rate of arithmetic at best: a large square product.
public struct ArithmeticCeiling: SurveyPoint {
  private let product: GEMMPoint

  /// The product of squares of this side.
  public init(side: Int) { product = GEMMPoint(rows: side, columns: side, inner: side) }

  /// What it is called.
  public var label: String { series }
  /// The quantity.
  public var series: String { "gemm_throughput" }
  /// A ceiling is always measured.
  public var isCeiling: Bool { true }
  /// The product's.
  public var work: SurveyWork { product.work }
  /// The product's.
  public var needs: SurveyNeeds { product.needs }
  /// The product's.
  public var checkName: String { product.checkName }
  /// The product's.
  public func check(_ check: inout KernelCheck) throws { try product.check(&check) }
  /// The product.
  public func program(on bench: SurveyBench, pass: Int) throws -> KernelProgram {
    try product.program(on: bench, pass: pass)
  }
  /// Where its rate is written.
  public var table: SurveyTable { .ceilings }
  /// Its row there.
  public func row(_ times: SampleSpread, on machine: SurveyMachine) -> [String] {
    ceilingRow(series, work.flops.value, "flops_per_second", times)
  }
}

/// A slow time is a low rate, so the quartiles change places.
private func ceilingRow(_ quantity: String, _ amount: Double, _ unit: String, _ times: SampleSpread) -> [String] {
  func rate(_ seconds: Double) -> String { "\((amount / seconds).rounded())" }
  return [
    quantity, rate(times.median), unit, String(times.count), rate(times.upperQuartile), rate(times.lowerQuartile),
  ]
}
