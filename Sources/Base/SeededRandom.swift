/// A stream of random numbers that depends on a seed and on the name of what it is for, and on nothing else:
/// drawing from one stream never disturbs another. xoshiro256** (Blackman and Vigna, 2018), seeded by SplitMix64.
public struct SeededRandom: RandomNumberGenerator, Sendable {
  private var state: (UInt64, UInt64, UInt64, UInt64)

  /// The stream named `stream` of the run with this seed.
  public init(seed: UInt64, stream: StaticString) {
    var hash = FNV1a()
    stream.withUTF8Buffer { for byte in $0 { hash.add(byte) } }
    var mixer = seed ^ hash.value
    func next() -> UInt64 {
      mixer &+= 0x9e37_79b9_7f4a_7c15
      var z = mixer
      z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
      z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
      return z ^ (z >> 31)
    }
    state = (next(), next(), next(), next())
  }

  /// The next 64 random bits.
  public mutating func next() -> UInt64 {
    func rotated(_ x: UInt64, _ by: UInt64) -> UInt64 { (x << by) | (x >> (64 - by)) }
    let result = rotated(state.1 &* 5, 7) &* 9
    let shifted = state.1 << 17
    state.2 ^= state.0
    state.3 ^= state.1
    state.1 ^= state.2
    state.0 ^= state.3
    state.2 ^= shifted
    state.3 = rotated(state.3, 45)
    return result
  }

  /// A number in the open interval (0, 1), one of 2^52 that lie evenly; neither end can come out.
  public mutating func uniform() -> Double { (Double(next() >> 12) + 0.5) * 0x1p-52 }
}
