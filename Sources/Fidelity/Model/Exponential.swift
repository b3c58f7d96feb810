#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// e to a power.
func exponential(_ power: Double) -> Double { exp(power) }
