extension Int {
  /// The largest power of two that is no larger than this number, which must be above zero.
  public var powerOfTwoBelow: Int { 1 << (Int.bitWidth - 1 - leadingZeroBitCount) }
}
