import Base

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension SeededRandom {
  /// A standard normal number, by the polar method (Marsaglia and Bray, 1964). The second of each pair is not kept, so
  /// that a draw depends on nothing but the stream.
  mutating func normal() -> Double {
    while true {
      let x = 2 * uniform() - 1
      let y = 2 * uniform() - 1
      let square = x * x + y * y
      if square > 0, square < 1 { return x * (-2 * log(square) / square).squareRoot() }
    }
  }

  /// An exponential number with mean 1, by inversion.
  mutating func exponential() -> Double { -log(uniform()) }

  /// A gamma number with this shape and scale 1 (Marsaglia and Tsang, 2000); below shape 1 by their boost,
  /// Gamma(k) = Gamma(k + 1) · U^(1/k).
  mutating func gamma(shape: Double) -> Double {
    guard shape >= 1 else { return gamma(shape: shape + 1) * pow(uniform(), 1 / shape) }
    let d = shape - 1 / 3.0
    let c = 1 / (9 * d).squareRoot()
    while true {
      let x = normal()
      let root = 1 + c * x
      guard root > 0 else { continue }
      let v = root * root * root
      if log(uniform()) < 0.5 * x * x + d - d * v + d * log(v) { return d * v }
    }
  }
}
