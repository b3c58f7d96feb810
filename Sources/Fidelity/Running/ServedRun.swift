import Base
import Results
import Traces

/// One simulation: a set-up serving requests under a policy with a seed.
public struct ServedRun: Hashable, Sendable {
  /// Where the lengths of requests come from.
  enum Lengths: Hashable, Sendable {
    /// A recipe of the library.
    case recipe(String)
    /// A recipe in JSON.
    case written(String)
  }

  /// What is seen of it.
  enum View: Hashable, Sendable {
    /// All of it.
    case whole
    /// What happens while the batch is full: what a benchmark with so many clients sees.
    case fullBatch
  }

  var setup: Setup
  var lengths: Lengths
  var policy: String
  /// Requests a second; nil where all are there at once.
  var rate: Double?
  var requests: Int
  var seed = 0
  var view = View.whole

  /// The same with another seed.
  func seeded(_ seed: Int) -> ServedRun {
    var run = self
    run.seed = seed
    return run
  }

  /// The same with each of so many seeds, from 0.
  func over(seeds: Int) -> [ServedRun] { (0..<seeds).map { seeded($0) } }

  /// Simulates it.
  func simulate(in library: ConfigLibrary) throws -> Outcome {
    let choice =
      switch lengths {
      case .recipe(let name): try TraceChoice(name, in: library)
      case .written(let text): try TraceChoice(recipe: ConfigNode(parsing: text, file: "recipe"))
      }
    let experiment = try Experiment(
      of: setup.setting(["seed=\(seed)"]).resolved(in: library), serving: choice,
      rate: rate.map { RequestsPerSecond($0) }, requestCount: requests, programVersion: "")
    switch view {
    case .whole: return Outcome(try experiment.simulate(policy))
    case .fullBatch:
      let observer = FullBatchObserver(after: 2 * experiment.deployment.maxNumSeqs)
      _ = try experiment.simulate(policy, recorder: observer)
      return try observer.outcome()
    }
  }
}

extension ServedRun {
  /// Reads a run: its set-up, `trace`, `policy`, `rate` and `requests`.
  init(reading fields: inout ConfigFields) throws {
    self.init(
      setup: try Setup(reading: &fields), lengths: .recipe(try fields.string("trace")),
      policy: try fields.string("policy"), rate: try fields.number("rate", in: .positive),
      requests: try fields.integer("requests", in: 1...10_000_000))
  }
}
