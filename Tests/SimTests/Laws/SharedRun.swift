import Sim
import Synchronization
import TestSupport
import Traces

/// A scenario's simulation under a policy on a layout, run once for all laws that only look at it: by whichever asks
/// first, while the others wait.
private final class SharedRun: Sendable {
  /// All that tells one run from another.
  struct Key: Hashable {
    var trace: [TraceRequest]
    var limits: ReplicaLimits
    var policy: String
    var layout: Layout
  }

  struct Seen {
    var observed: Observation
    var audit: PlanAudit
  }

  let seen = Mutex<Seen?>(nil)
}

/// The shared runs; global, because Swift Testing makes a new suite for each test.
private let sharedRuns = Mutex<[SharedRun.Key: SharedRun]>([:])

extension LawScenario {
  /// What is seen of it under a listed policy. Without the distributions of the summary, at which no law looks and which
  /// would be most of what all runs take together.
  func observe(under policy: String, on layout: Layout = .one) throws -> Observation {
    try seen(under: policy, on: layout).observed
  }

  /// The audit of what is seen of it.
  func audit(under policy: String, on layout: Layout = .one) throws -> PlanAudit {
    try seen(under: policy, on: layout).audit
  }

  private func seen(under policy: String, on layout: Layout) throws -> SharedRun.Seen {
    let key = SharedRun.Key(trace: trace, limits: server.limits, policy: policy, layout: layout)
    let run = sharedRuns.withLock { runs in
      let run = runs[key] ?? SharedRun()
      runs[key] = run
      return run
    }
    return try run.seen.withLock { seen in
      if let seen { return seen }
      var observed = try simulate(under: policy, on: layout)
      observed.summary.forgetDistributions()
      let fresh = SharedRun.Seen(
        observed: observed, audit: PlanAudit(observed, of: trace, limits: server.limits))
      seen = fresh
      return fresh
    }
  }
}

extension RunSummary {
  fileprivate mutating func forgetDistributions() {
    (timeToFirstToken, timeBetweenTokens) = (Distribution(), Distribution())
    (timePerOutputToken, endToEnd) = (Distribution(), Distribution())
  }
}
