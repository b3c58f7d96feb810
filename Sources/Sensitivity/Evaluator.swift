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
  /// How far the work has come.
  public struct Progress: Sendable {
    /// What is being done.
    public var stage: String
    /// How many pieces of work of this stage are done.
    public var done: Int
    /// Of how many.
    public var total: Int
  }

  /// What is looked into.
  public let scenario: Scenario
  private let workers: Int
  private let check: @Sendable () throws -> Void
  private let onProgress: @Sendable (Progress) throws -> Void

  /// An evaluator.
  /// - Parameters:
  ///   - workers: how many threads work.
  ///   - check: called often, from any of them; by throwing it ends the work.
  ///   - onProgress: told what is done, by one thread at a time; by throwing it ends the work.
  public init(
    _ scenario: Scenario, workers: Int, check: @escaping @Sendable () throws -> Void = {},
    onProgress: @escaping @Sendable (Progress) throws -> Void = { _ in }
  ) {
    self.scenario = scenario
    self.workers = workers
    self.check = check
    self.onProgress = onProgress
  }

  /// What `body` makes of each item, on all cores.
  func map<Item: Sendable, Output: Sendable>(
    _ items: [Item], stage: String, _ body: @Sendable (Item) throws -> Output
  ) throws -> [Output] {
    try parallelMap(
      items, workers: workers,
      onDone: { try onProgress(Progress(stage: stage, done: $0, total: items.count)) }, body)
  }

  /// How the policies differ at each point: for each headline one change a seed.
  func changes(_ headlines: [Headline], at points: [Point], stage: String) throws -> [[[Double?]]] {
    let trees = try points.map { try $0.tree(of: scenario) }
    let seeds = scenario.seeds
    let jobs = trees.indices.flatMap { point in seeds.map { (point, $0) } }
    let changes = try map(jobs, stage: stage) { point, seed in
      try scenario.changes(headlines, in: trees[point], seed: seed, check: check)
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
    return mean(try scenario.seeds.map { try scenario.changes([headline], in: tree, seed: $0, check: check)[0] })
  }
}
