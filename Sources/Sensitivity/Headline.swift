import Results

/// A figure in which policies are compared: how much the second has more or less of it than the first, in per cent.
public struct Headline: Hashable, Sendable {
  /// Its key in files, unit included.
  public let name: String
  /// What tables call it.
  public let title: String
  /// The metric that it is about; nil for capacity, which takes many runs.
  let metric: String?
  /// Whether less is better.
  let prefersLess: Bool

  private init(_ name: String, _ title: String, _ metric: String?, prefersLess: Bool = true) {
    self.name = name
    self.title = title
    self.metric = metric
    self.prefersLess = prefersLess
  }

  /// Mean time to first token.
  public static let meanTTFT = Headline("ttft_mean_change_pct", "mean TTFT", "ttft_mean_ms")
  /// 99th percentile of the time between tokens.
  public static let p99TBT = Headline("tbt_p99_change_pct", "p99 TBT", "tbt_p99_ms")
  /// Energy for each token.
  public static let energy = Headline("energy_per_token_change_pct", "energy per token", "energy_per_token_mj")
  /// Bytes of experts that are read.
  public static let expertBytes = Headline("expert_load_change_pct", "expert bytes", "expert_load_bytes")
  /// The highest rate at which enough requests meet their limits.
  public static let capacity = Headline("capacity_change_pct", "capacity", nil, prefersLess: false)

  /// Those of single runs.
  public static let ofRuns = [meanTTFT, p99TBT, energy, expertBytes]
  /// All of them.
  public static let all = ofRuns + [capacity]
  /// Those of which break-even points are looked for.
  public static let ofBreakEven = [meanTTFT, energy]

  /// Whether a change is for the better.
  func isWin(_ change: Double) -> Bool { prefersLess ? change < 0 : change > 0 }
}
