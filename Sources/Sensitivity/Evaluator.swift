import Base
import Results

/// A place in the space of parameters: each that is set has a share of its range, 0 at the low end and 1 at the high one;
/// the others are what the deployment says.
struct Point: Sendable {
  var settings: [(parameter: Parameter, share: Double)]

  /// The deployment at this place.
  func tree(of scenario: Scenario) throws -> ConfigNode {
    try settings.reduce(scenario.tree) { tree, setting in try setting.parameter.set(to: setting.share, in: tree) }
  }
}

/// Simulates places in the space of parameters on all cores, with the same seeds everywhere.
public struct Evaluator: Sendable {
  /// What is looked into.
  public let scenario: Scenario
  /// Who simulates.
  let crew: Crew

  /// An evaluator.
  public init(_ scenario: Scenario, by crew: Crew) {
    self.scenario = scenario
    self.crew = crew
  }

  /// How the policies differ at each point: for each headline one change a seed.
  func changes(_ headlines: [Headline], at points: [Point], stage: String) throws -> [[[Double?]]] {
    let trees = try points.map { try $0.tree(of: scenario) }
    let seeds = scenario.seeds
    let jobs = trees.indices.flatMap { point in seeds.map { (point, $0) } }
    let changes = try crew.map(jobs, stage: stage) { point, seed in
      try scenario.changes(headlines, in: trees[point], seed: seed, check: crew.check)
    }
    return points.indices.map { point in
      headlines.indices.map { headline in
        seeds.indices.map { changes[point * seeds.count + $0][headline] }
      }
    }
  }

  /// The change of one headline at a point, mean over the seeds, on one core.
  func change(_ headline: Headline, at point: Point) throws -> Double? {
    let tree = try point.tree(of: scenario)
    return mean(try scenario.seeds.map { try scenario.changes([headline], in: tree, seed: $0, check: crew.check)[0] })
  }
}
