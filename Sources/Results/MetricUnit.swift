/// The unit of a metric, as files name it, and the larger units that tables show large values in.
public enum MetricUnit: String, CaseIterable, Sendable {
  /// A number of things.
  case count = ""
  /// A length of simulated time in thousandths of a second.
  case milliseconds = "ms"
  /// A length of simulated time.
  case seconds = "s"
  /// A share of a hundred.
  case percent = "%"
  /// Requests a second.
  case requestsPerSecond = "req/s"
  /// Tokens a second.
  case tokensPerSecond = "tok/s"
  /// Memory traffic; 1 kB = 1000 bytes.
  case bytes
  /// Floating-point operations.
  case flops = "FLOP"
  /// Energy.
  case joules = "J"
  /// Energy in thousandths of a joule.
  case millijoules = "mJ"
  /// Power.
  case watts = "W"

  /// Units for tables from small to large, each with what one of it is worth in this unit.
  var scales: [(symbol: String, worth: Double)] {
    switch self {
    case .count, .percent, .seconds, .requestsPerSecond, .tokensPerSecond: [(rawValue, 1)]
    case .milliseconds: [("ms", 1), ("s", 1e3)]
    case .bytes: [("B", 1), ("kB", 1e3), ("MB", 1e6), ("GB", 1e9), ("TB", 1e12), ("PB", 1e15), ("EB", 1e18)]
    case .flops: [("FLOP", 1), ("MFLOP", 1e6), ("GFLOP", 1e9), ("TFLOP", 1e12), ("PFLOP", 1e15), ("EFLOP", 1e18)]
    case .joules: [("J", 1), ("kJ", 1e3), ("MJ", 1e6), ("GJ", 1e9)]
    case .millijoules: [("mJ", 1), ("J", 1e3), ("kJ", 1e6)]
    case .watts: [("W", 1), ("kW", 1e3), ("MW", 1e6)]
    }
  }

  /// The unit in which values up to `largest` are easy to read: the smallest that needs at most four digits before the
  /// point, or the largest there is.
  public func scale(for largest: Double) -> (symbol: String, worth: Double) {
    let fitting = scales.first { largest < 10_000 * $0.worth }
    return fitting ?? scales[scales.count - 1]
  }
}
