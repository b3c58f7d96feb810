/// e^x for eight x at once, each at most 0: x = k ln 2 + r, e^r as its Taylor series, k into the exponent. Relative error
/// below 4e-16; what would be below 1e-300 is that. Plain arithmetic, so every machine gives the same bits.
@inline(__always)
func exponential(ofNonPositive x: SIMD8<Double>) -> SIMD8<Double> {
  // Adding 1.5 x 2^52 rounds to a whole number and leaves it in the lowest bits.
  let rounding = SIMD8<Double>(repeating: 0x1.8p52)
  let bounded = x.replacing(with: -690, where: x .< -690)
  let shifted = bounded * 1.4426950408889634 + rounding
  let whole = shifted - rounding
  let rest = (bounded - whole * 0x1.62e42fefa38p-1) - whole * 0x1.ef35793c7673p-45
  var series = SIMD8<Double>(repeating: 1.0 / 6_227_020_800)
  series = series * rest + 1.0 / 479_001_600
  series = series * rest + 1.0 / 39_916_800
  series = series * rest + 1.0 / 3_628_800
  series = series * rest + 1.0 / 362_880
  series = series * rest + 1.0 / 40_320
  series = series * rest + 1.0 / 5_040
  series = series * rest + 1.0 / 720
  series = series * rest + 1.0 / 120
  series = series * rest + 1.0 / 24
  series = series * rest + 1.0 / 6
  series = series * rest + 0.5
  series = series * rest + 1.0
  series = series * rest + 1.0
  let power = unsafeBitCast(shifted, to: SIMD8<UInt64>.self) &<< 52
  return unsafeBitCast(unsafeBitCast(series, to: SIMD8<UInt64>.self) &+ power, to: SIMD8<Double>.self)
}
