/// How weights are stored.
public enum NumberFormat: String, CaseIterable, Sendable {
  /// 16-bit floating point.
  case bf16
  /// 8-bit floating point.
  case fp8
  /// 4-bit floating point with one 8-bit scale for 32 weights (OCP Microscaling Formats 1.0).
  case mxfp4

  /// Bytes of one weight, its share of the scales included; FP8's block scales (under 0.1 %) are left out.
  public var bytesPerWeight: Double {
    switch self {
    case .bf16: 2
    case .fp8: 1
    case .mxfp4: 0.53125
    }
  }

  /// The format in which weights of this one are multiplied: MXFP4 is unpacked to BF16 (W4A16).
  public var arithmetic: NumberFormat { self == .mxfp4 ? .bf16 : self }
}
