import Base

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The very gaps that vLLM's benchmark client (`benchmark_serving.py`, `vllm bench serve`) leaves between requests at
/// burstiness 1: it draws them with NumPy's global generator after `numpy.random.seed(clientSeed)`, seed 0 unless told
/// otherwise. Servers that were measured with it saw these gaps and no others. The run's own seed does not matter.
public struct BenchmarkClientArrivals: ArrivalProcess {
  /// `vllm-bench`.
  public static let name = "vllm-bench"
  /// What `lpsim list` says of it.
  public static let summary = "the very gaps of vLLM's benchmark client after its seed \"clientSeed\""

  private var generator: MersenneTwister

  /// Reads `clientSeed`, what the client's `--seed` was.
  public init(reading fields: inout ConfigFields) throws {
    let seed = try fields.integer("clientSeed", in: 0...Int(UInt32.max), "a seed of NumPy")
    self.init(clientSeed: UInt32(seed))
  }

  /// The gaps after what the client's `--seed` was.
  init(clientSeed: UInt32) { generator = MersenneTwister(seed: clientSeed) }

  /// NumPy's `gamma(shape=1)`: -log(1 - u).
  public mutating func unitGap(from random: inout SeededRandom) -> Double { -log(1 - generator.uniform()) }
}
