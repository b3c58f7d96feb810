import Base
import HardwareModels

/// A dense product: rows x inner times the transpose of columns x inner.
public struct GEMMPoint: SurveyPoint {
  /// Tokens.
  public let rows: Int
  /// Outputs.
  public let columns: Int
  /// Inputs.
  public let inner: Int

  /// A product of these sizes.
  public init(rows: Int, columns: Int, inner: Int) {
    self.rows = rows
    self.columns = columns
    self.inner = inner
  }

  /// What it is called.
  public var label: String { "\(series) rows \(rows)" }
  /// Everything but the rows.
  public var series: String { "gemm \(columns) x \(inner)" }

  /// 2 m n k; weights, inputs and outputs once, two bytes each.
  public var work: SurveyWork {
    let (m, n, k) = (Double(rows), Double(columns), Double(inner))
    return SurveyWork(flops: Flops(2 * m * n * k), bytes: Bytes(2 * (n * k + m * k + m * n)))
  }

  /// One matrix of each sort.
  public var needs: SurveyNeeds {
    SurveyNeeds(weights: columns * inner, inputs: rows * inner, outputs: rows * columns)
  }
}

extension GEMMPoint {
  /// By its weights.
  public var checkName: String { series }

  /// One row, some and many, on no more columns than a reference can multiply in moments.
  public func check(_ check: inout KernelCheck) throws {
    for rows in [1, 40, 300] {
      _ = try check.gemm(rows: rows, columns: min(columns, 4096), inner: inner, sampled: 2)
    }
  }

  /// In each pass the weights lie elsewhere.
  public func program(on bench: SurveyBench, pass: Int) throws -> KernelProgram {
    let weights = bench.weights.from(bench.offset(of: columns * inner, in: bench.weights, pass: pass))
    return try bench.record(keeping: []) {
      try bench.kernels.gemm(
        rows: rows, columns: columns, inner: inner, input: bench.inputs.all, weights: weights,
        output: bench.outputs.all)
    }
  }

  /// Where its time is written.
  public var table: SurveyTable { .gemm }

  /// Its row there.
  public func row(_ times: SampleSpread, on machine: SurveyMachine) -> [String] {
    machine.columns(kernel: "gemm") + ["bfloat16"] + [rows, columns, inner].map(String.init)
      + [microseconds(times.median)]
  }
}
