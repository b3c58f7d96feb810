/// The generator MT19937 of Matsumoto and Nishimura (ACM TOMACS 8, 1998), seeded and turned into numbers as NumPy's
/// `numpy.random.seed` and `random_sample` do, bit for bit.
struct MersenneTwister: Sendable {
  private static let size = 624
  private static let middle = 397
  private var state: ContiguousArray<UInt32>
  private var next = Self.size

  init(seed: UInt32) {
    state = ContiguousArray(repeating: seed, count: Self.size)
    for index in 1..<Self.size {
      let last = state[index - 1]
      state[index] = 1_812_433_253 &* (last ^ (last >> 30)) &+ UInt32(index)
    }
  }

  private mutating func word() -> UInt32 {
    if next == Self.size { twist() }
    var word = state[next]
    next += 1
    word ^= word >> 11
    word ^= (word << 7) & 0x9d2c_5680
    word ^= (word << 15) & 0xefc6_0000
    return word ^ (word >> 18)
  }

  private mutating func twist() {
    for index in 0..<Self.size {
      let joined = (state[index] & 0x8000_0000) | (state[(index + 1) % Self.size] & 0x7fff_ffff)
      let mixed = (joined >> 1) ^ (joined & 1 == 1 ? 0x9908_b0df : 0)
      state[index] = state[(index + Self.middle) % Self.size] ^ mixed
    }
    next = 0
  }

  /// A number from 0 to below 1, of 53 random bits.
  mutating func uniform() -> Double {
    let high = Double(word() >> 5)
    let low = Double(word() >> 6)
    return (high * 67_108_864 + low) / 9_007_199_254_740_992
  }
}
