import Results
import Traces

/// A contender with one seed, and a rate: the fixed one, or the one that a search begins at.
struct Job: Sendable {
  let place: Int
  let contender: Contender
  let seed: Int
  let rate: RequestsPerSecond

  /// What a seed gave.
  struct Found: Sendable {
    let outcome: Outcome
    let simulations: Int
    /// The run that it was read from, if it was one.
    let run: RunResult?
  }

  /// What the objective comes to.
  func measure(_ question: Question, _ check: @escaping @Sendable () throws -> Void) throws -> Found {
    switch question.objective {
    case .capacity(let attainment):
      let found = try question.trial(contender, seed: seed, check: check).capacity(
        contender.policy, from: rate, attainment: attainment, requestCount: question.requestCount)
      return Found(outcome: Outcome(found.capacity), simulations: found.simulations, run: nil)
    case .metric(let metric, _):
      let run = try run(question, check)
      return Found(outcome: run[metric.name].map { .value($0) } ?? .none, simulations: 1, run: run)
    }
  }

  /// A run at the rate.
  func run(_ question: Question, _ check: @escaping @Sendable () throws -> Void) throws -> RunResult {
    try question.trial(contender, seed: seed, check: check)
      .run(contender.policy, at: rate, requestCount: question.requestCount(at: rate))
  }
}
