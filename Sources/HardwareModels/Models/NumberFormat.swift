/// How weights are stored.
public enum NumberFormat: String, CaseIterable, Sendable {
  /// 16-bit floating point.
  case bf16
  /// 8-bit floating point.
  case fp8
  /// 4-bit floating point with one 8-bit scale for 32 weights (OCP Microscaling Formats 1.0).
  case mxfp4
  /// 4-bit integers with one 16-bit scale and one 4-bit zero for 128 weights, as AWQ and GPTQ store them.
  case int4

  /// Bytes of one weight, its share of the scales included; FP8's block scales (under 0.1 %) are left out.
  public var bytesPerWeight: Double {
    switch self {
    case .bf16: 2
    case .fp8: 1
    case .mxfp4: 0.53125
    case .int4: 0.51953125
    }
  }

  /// The format in which weights of this one are multiplied, and activations with them: FP8 as it is (W8A8), four bits
  /// are unpacked to BF16 (W4A16).
  public var arithmetic: NumberFormat { self == .fp8 ? .fp8 : .bf16 }
}

extension Transformer {
  /// In what weights of a format are multiplied; BF16 weights always as they are.
  public func arithmetic(of format: NumberFormat) -> NumberFormat {
    format == .bf16 ? .bf16 : activationFormat ?? format.arithmetic
  }
}
