import Base
import HardwareModels

/// Ranks that begin and end their iterations together, because their tokens meet in the experts of every layer. A rank
/// without work takes part without tokens.
struct Lane {
  let id: ReplicaID
  /// The numbers of its ranks.
  let ranks: Range<Int>
  /// The number of the replica whose stages it passes.
  let replica: Int
  /// Whether other lanes pass these stages, too.
  let sharesStages: Bool
  private(set) var isRunning = false
  /// Whether something happened to one of its ranks that it has not answered yet.
  var isWoken = false
  /// Whether it waits for the first stage.
  var isQueued = false
  private var iterationCount = 0
  /// Iterations since one of its ranks began to prefill while none did.
  private var prefillClock = 0
  /// The iteration that runs, or ran last.
  private var iteration = IterationRecord()

  /// - Parameter firstRank: the number of its first rank.
  init(_ number: Int, of pool: ReplicaPool, replica: Int, firstRank: Int) {
    id = ReplicaID(number)
    ranks = firstRank..<firstRank + pool.ranks
    self.replica = replica
    sharesStages = pool.lanes > 1
    iteration.replica = id
  }

  /// Whether it is one scheduler that is alone on its GPUs.
  var isPlain: Bool { ranks.count == 1 && !sharesStages }

  /// Plans, prices or carries out, and begins the next iteration, the first stage being free; returns when it ends and how
  /// long stages have waited for it, nil if there is nothing to do.
  @inline(__always)
  mutating func beginIteration(
    of all: inout [Rank], on stages: inout Stages, at now: SimTime, pricing: inout Pricing
  ) throws -> (end: SimTime, idle: SimDuration)? {
    guard !isRunning else { return nil }
    iteration.clear()
    iteration.index = iterationCount
    if !isPrefilling(all) { prefillClock = 0 }
    var hasWork = false
    for rank in ranks where try all[rank].takeUp(&iteration, at: now, prefillClock: prefillClock) { hasWork = true }
    guard hasWork else { return nil }
    prefillClock += 1
    let passage = try stages.pass(pricing.price(ranks, of: all, into: &iteration), from: now)
    iteration.start = now
    iteration.end = passage.end
    iterationCount += 1
    isRunning = true
    return passage
  }

  @inline(__always)
  private func isPrefilling(_ all: [Rank]) -> Bool {
    for rank in ranks where !all[rank].view.prefilling.isEmpty { return true }
    return false
  }

  /// Ends the iteration that runs.
  @inline(__always)
  mutating func endIteration(of all: inout [Rank], at now: SimTime, ledger: inout Ledger) throws {
    precondition(isRunning, "an iteration ends only after it has begun")
    isRunning = false
    for rank in ranks { try all[rank].endIteration(at: now, ledger: &ledger) }
    // The record is copied only where somebody wants to hear of it.
    ledger.summary.note(iteration)
    if ledger.detail == .iterations { try ledger.recorder?.record(iteration) }
  }
}

/// What gives iterations their costs: a model, or what really carries plans out.
struct Pricing {
  var model: any CostModel
  var executor: (any PlanExecutor)?
  /// Whether iterations keep what their time was spent on.
  let tracksParts: Bool
  /// What each stage takes for the iteration that was priced last, where there are several.
  private var stageTimes: [Seconds]
  /// What the ranks of a lane do, while they are priced; filled in place, since mapping over ranks copies them.
  private var works: [IterationWork] = []

  init(_ model: any CostModel, _ executor: (any PlanExecutor)?, tracksParts: Bool) {
    self.model = model
    self.executor = executor
    self.tracksParts = tracksParts
    stageTimes = [Seconds](repeating: .zero, count: model.stageCount)
  }

  /// Pipeline stages of each replica.
  var stageCount: Int { stageTimes.count }

  /// Puts the cost of what the ranks of a lane do into their iteration, and returns what each stage takes. One rank on one
  /// stage needs no list, and only of it is known what its time was spent on.
  @inline(__always)
  mutating func price(
    _ ranks: Range<Int>, of all: [Rank], into iteration: inout IterationRecord
  ) throws -> Stages.Times {
    guard ranks.count == 1, stageCount == 1 else {
      for rank in ranks { works.append(all[rank].work) }
      model.price(ranks: works, stages: &stageTimes, into: &iteration.cost)
      works.removeAll(keepingCapacity: true)
      return .each(stageTimes)
    }
    let only = ranks.lowerBound
    if let cost = try executor?.execute(all[only].plan, of: all[only].view, work: all[only].work) {
      iteration.cost = cost
    } else {
      if tracksParts { iteration.parts = model.parts(of: all[only].work) }
      model.price(all[only].work, into: &iteration.cost)
    }
    return .one(iteration.cost.duration)
  }
}
