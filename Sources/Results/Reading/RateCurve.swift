import Base

/// How a policy with some settings serves under one rate after the other, all else being equal.
public struct RateCurve: Sendable {
  /// Runs at one rate, which differ in their seeds.
  public struct Step: Sendable {
    /// Requests a second.
    public let rate: Double
    var values: [[Double?]]

    /// A metric, mean over the seeds; nil where one of them has none.
    public func mean(_ metric: String) -> Double? {
      let all = values.compactMap { $0[Metric.place(of: metric)] }
      return all.count == values.count ? all.reduce(0, +) / Double(all.count) : nil
    }

    /// How many seeds.
    public var seedCount: Int { values.count }
  }

  /// What all curves that can be compared share: the trace, and whatever else tells them from others.
  public let circumstances: String
  /// The policy.
  public let policy: String
  /// Its settings, as far as they differ: `tokenBudget 1024`.
  public let settings: String
  /// The rates, from low to high.
  public var steps: [Step]

  /// Its share of requests within their limits, mean over the rates; nil where a rate has none.
  var attainment: Double? {
    let shares = steps.compactMap { $0.mean("slo_attainment_pct") }
    return shares.count == steps.count ? shares.reduce(0, +) / Double(shares.count) : nil
  }
}

extension [RateCurve] {
  /// Adds a run to the curve it belongs to.
  mutating func add(
    _ circumstances: String, _ policy: String, _ settings: String, rate: Double, _ values: [Double?]
  ) {
    let own = firstIndex {
      $0.circumstances == circumstances && $0.policy == policy && $0.settings == settings
    }
    guard let own else {
      let step = RateCurve.Step(rate: rate, values: [values])
      return append(RateCurve(circumstances: circumstances, policy: policy, settings: settings, steps: [step]))
    }
    if let step = self[own].steps.firstIndex(where: { $0.rate == rate }) {
      self[own].steps[step].values.append(values)
    } else {
      let place = self[own].steps.firstIndex { $0.rate > rate } ?? self[own].steps.endIndex
      self[own].steps.insert(RateCurve.Step(rate: rate, values: [values]), at: place)
    }
  }
}

extension SweepResults {
  /// For each policy, under each set of circumstances, the settings with which most requests meet their limits, mean over
  /// its rates; the first of equal ones. Settings of policies are chosen among, all other axes are circumstances.
  public var bestRateCurves: [RateCurve] {
    var all: [RateCurve] = []
    for point in points {
      guard let policy = point.policy, let rate = sweep.text(of: "rate", at: point.number).flatMap(Double.init) else {
        continue
      }
      let settings = sweep.settings(at: point.number)
      let own = settings.filter { $0.key.hasPrefix("policies.") }
      let others = settings.filter {
        !$0.key.hasPrefix("policies.") && !["rate", "policy", "seed", "requests", "trace"].contains($0.key)
      }
      let trace = sweep.text(of: "trace", at: point.number) ?? ""
      all.add(
        ([trace] + others.map(\.words)).joined(separator: ", "), policy, own.map(\.words).joined(separator: ", "),
        rate: rate, point.values)
    }
    return all.reduce(into: []) { best, curve in
      let place = best.firstIndex { $0.circumstances == curve.circumstances && $0.policy == curve.policy }
      guard let place else { return best.append(curve) }
      if (curve.attainment ?? -1) > (best[place].attainment ?? -1) { best[place] = curve }
    }
  }
}

extension Sweep.Setting {
  /// The last word of the key and the value: `tokenBudget 1024`.
  fileprivate var words: String { "\(key.split(separator: ".").last ?? "") \(value.settingText)" }
}

extension ResultsFile {
  /// How runs that differ in nothing but rate, length and seed compare, under each policy.
  public func rateCurves() throws -> [RateCurve] {
    var families: [String] = []
    var curves: [RateCurve] = []
    for run in runs.map(\.result).sorted(by: { $0.run.policyIndex < $1.run.policyIndex }) {
      guard let rate = run.run.rate else { continue }
      let family = try Self.family(of: run.run)
      if !families.contains(family) { families.append(family) }
      let same = families.prefix { $0 != family }.count { $0.hasPrefix(run.run.trace + "\n") }
      let name = same == 0 ? run.run.trace : "\(run.run.trace), configuration \(same + 1)"
      curves.add(name, run.run.policy, "", rate: rate, run.values)
    }
    return curves
  }

  /// What a run is but for its rate, its length and its seed, beginning with its trace.
  private static func family(of run: RunDescription) throws -> String {
    let config = try ConfigNode(parsing: run.config, file: "config")
    let parts = [config.member("deployment")?.removing("seed"), config.member("workload")?.member("recipe")]
    return ([run.trace] + parts.map { $0?.canonicalJSON ?? "" } + run.files.map(\.contentHash)).joined(separator: "\n")
  }
}
