import Sim
import Synchronization
import TestSupport
import Traces

/// Something that is made once, by whoever asks first, while the others wait.
private final class Once<Value: Sendable>: Sendable {
  private let made = Mutex<Value?>(nil)

  func value(_ make: () throws -> Value) rethrows -> Value {
    try made.withLock { made in
      if let made { return made }
      let value = try make()
      made = value
      return value
    }
  }
}

/// A scenario's simulation under a policy on a layout, for all laws that only look at it.
private struct SharedRun: Sendable {
  /// All that tells one run from another.
  struct Key: Hashable {
    var trace: [TraceRequest]
    var limits: ReplicaLimits
    var policy: String
    var layout: Layout
  }

  let observation = Once<Observation>()
  let audit = Once<PlanAudit>()
}

/// The shared runs; global, because Swift Testing makes a new suite for each test.
private let sharedRuns = Mutex<[SharedRun.Key: SharedRun]>([:])

extension LawScenario {
  /// What is seen of it under a listed policy with its test settings, simulated once for all laws. Without the summary's
  /// distributions, at which no law looks and which would be most of the memory that all runs take.
  func observe(under policy: String, on layout: Layout = .one) throws -> Observation {
    try run(under: policy, on: layout).observation.value {
      var observed = try simulate(under: policy, on: layout)
      observed.summary.forgetDistributions()
      return observed
    }
  }

  /// The audit of what is seen of it.
  func audit(under policy: String, on layout: Layout = .one) throws -> PlanAudit {
    try run(under: policy, on: layout).audit.value {
      PlanAudit(try observe(under: policy, on: layout), of: trace, limits: server.limits)
    }
  }

  private func run(under policy: String, on layout: Layout) -> SharedRun {
    let key = SharedRun.Key(trace: trace, limits: server.limits, policy: policy, layout: layout)
    return sharedRuns.withLock { runs in
      let run = runs[key] ?? SharedRun()
      runs[key] = run
      return run
    }
  }
}

extension RunSummary {
  fileprivate mutating func forgetDistributions() {
    (timeToFirstToken, timeBetweenTokens) = (Distribution(), Distribution())
    (timePerOutputToken, endToEnd) = (Distribution(), Distribution())
  }
}
