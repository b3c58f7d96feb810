import Base
import HardwareModels
import Sim

/// Compares a summary with sums over everything that the reference lists; says what differs.
struct SummaryComparison {
  private(set) var differences: [String] = []

  init(_ summary: RunSummary, _ reference: ReferenceEngine, _ serviceLevel: ServiceLevel) {
    let served = reference.requests.filter { !$0.isTurnedAway }
    let iterations = reference.iterations
    equal("arrived", summary.requestsArrived, reference.requests.count)
    equal("completed", summary.requestsCompleted, served.count)
    equal(
      "rejected", summary.requestsRejectedTooLong + summary.requestsRejectedNoMemory,
      reference.requests.count - served.count)
    equal("within service level", summary.requestsWithinServiceLevel, served.count { $0.meets(serviceLevel) })
    equal("prompt tokens", summary.promptTokens, served.reduce(0) { $0 + $1.promptTokens })
    equal("cached tokens", summary.cachedTokens, served.reduce(0) { $0 + $1.cachedTokens })
    equal("output tokens", summary.outputTokens, served.reduce(0) { $0 + $1.outputTokens })
    equal("preemptions", summary.preemptions, served.reduce(0) { $0 + $1.preemptions })
    equal("iterations", summary.iterations, iterations.count)
    equal("decode iterations", summary.decodeIterations, iterations.count { $0.shares.contains { $0.decodes > 0 } })
    equal("decoded tokens", summary.decodedTokens, iterations.flatMap(\.shares).reduce(0) { $0 + $1.decodes })
    equal("in flight", summary.inFlightAtArrivals, reference.inFlightSamples.reduce(0, +))
    let firstArrival = reference.requests.first?.arrival ?? .zero
    equal("first arrival", summary.firstArrival, firstArrival)
    equal("last finish", summary.lastFinish, served.compactMap(\.tokenTimes.last).max() ?? firstArrival)
    let moved = served.filter { $0.cacheArrival != nil }
    equal("moved", summary.requestsMoved, moved.count)
    equal(
      "moved bytes", summary.movedBytes.value,
      reference.bytesPerToken * Double(moved.reduce(0) { $0 + $1.promptTokens }))
    equal("work", summary.work, iterations.reduce(into: IterationCost()) { $0 += $1.cost })
    near("idle energy", summary.idleEnergy.value, reference.idleTime(until: summary.lastFinish), 1e-9)
    compareTimes(summary, served)
  }

  private mutating func compareTimes(_ summary: RunSummary, _ served: [ReferenceRequest]) {
    compare("time to first token", summary.timeToFirstToken, served.flatMap { $0.tokenTimes.prefix(1).map(since($0)) })
    compare("time between tokens", summary.timeBetweenTokens, served.flatMap(\.gaps))
    compare("end to end", summary.endToEnd, served.flatMap { $0.tokenTimes.suffix(1).map(since($0)) })
    let perToken = served.filter { $0.tokenTimes.count > 1 }.map { request in
      let total = request.gaps.reduce(Int64(0)) { $0 + $1.nanoseconds }
      return SimDuration(nanoseconds: total / Int64(request.gaps.count))
    }
    compare("time per output token", summary.timePerOutputToken, perToken)
  }

  private func since(_ request: ReferenceRequest) -> (SimTime) -> SimDuration { { $0 - request.arrival } }

  private mutating func compare(_ name: String, _ found: Distribution, _ all: [SimDuration]) {
    let sorted = all.map(\.seconds).sorted()
    equal("\(name), count", found.count, sorted.count)
    guard let shortest = all.min(), let longest = all.max() else { return }
    equal("\(name), min", found.min, shortest)
    equal("\(name), max", found.max, longest)
    near("\(name), mean", found.mean?.value ?? .nan, sorted.reduce(0, +) / Double(sorted.count), 1e-9)
    near("\(name), p90", found.percentile(90)?.value ?? .nan, percentile(90, of: sorted), 0.0005)
  }

  private func percentile(_ p: Double, of sorted: [Double]) -> Double {
    let rank = p / 100 * Double(sorted.count - 1)
    let below = sorted[Int(rank.rounded(.down))]
    let above = sorted[Int(rank.rounded(.up))]
    return below + (above - below) * (rank - rank.rounded(.down))
  }

  private mutating func equal<Value: Equatable>(_ name: String, _ found: Value, _ expected: Value) {
    if found != expected { differences.append("\(name): engine \(found), reference \(expected)") }
  }

  private mutating func near(_ name: String, _ found: Double, _ expected: Double, _ tolerance: Double) {
    let isNear = abs(found - expected) <= tolerance * max(abs(expected), 1e-9)
    if !isNear { differences.append("\(name): engine \(found), reference \(expected)") }
  }
}

extension ReferenceRequest {
  fileprivate func meets(_ level: ServiceLevel) -> Bool {
    guard let first = tokenTimes.first else { return false }
    return first - arrival <= level.timeToFirstToken && gaps.allSatisfy { $0 <= level.timeBetweenTokens }
  }
}
