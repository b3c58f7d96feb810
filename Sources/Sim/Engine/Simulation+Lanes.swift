import Base
import HardwareModels

/// How lanes begin iterations: all ranks of a lane together, and the lanes of a replica one after the other through its
/// stages, in the order in which they came to have work.
extension Simulation {
  /// Adds the schedulers of a replica.
  mutating func addReplica(of pool: ReplicaPool, window: Int?) {
    let firstLink = (ranks.last?.link ?? -1) + 1
    for _ in 0..<pool.lanes {
      let lane = Lane(lanes.count, of: pool, replica: stages.count, firstRank: ranks.count)
      lanes.append(lane)
      for (place, number) in lane.ranks.enumerated() {
        ranks.append(
          Rank(
            number, of: lane, link: firstLink + place, in: pool, window: window,
            tracksEmissions: ledger.detail == .iterations))
      }
    }
    stages.append(Stages(count: stageTimes.count))
  }

  /// Lets a lane begin its next iteration, if it and the first stage are free, and after that its ranks give blocks to
  /// those who come to them.
  mutating func goOn(_ lane: Int, at now: SimTime) throws {
    if lanes[lane].sharesStages {
      join(lane)
      try serve(lanes[lane].replica, at: now)
    } else if !lanes[lane].isRunning {
      try begin(lane, at: now)
    }
    try settle(lane, at: now)
  }

  /// Lets a lane that has work wait for the first stage.
  private mutating func join(_ lane: Int) {
    let hasWork = lanes[lane].ranks.contains { ranks[$0].requestsInFlight > 0 }
    guard hasWork, !lanes[lane].isRunning, !lanes[lane].isQueued else { return }
    lanes[lane].isQueued = true
    stages[lanes[lane].replica].queue.append(lane)
  }

  /// Lets the lanes of a replica begin that wait, while its first stage is free.
  private mutating func serve(_ replica: Int, at now: SimTime) throws {
    while stages[replica].free[0] <= now, let next = stages[replica].queue.popFirst() {
      lanes[next].isQueued = false
      try begin(next, at: now)
      try settle(next, at: now)
    }
    let end = stages[replica].free[0]
    guard !stages[replica].queue.isEmpty, stages[replica].nextCall < end else { return }
    stages[replica].nextCall = end
    events.schedule(.stageIsFree(replica), at: end)
  }

  /// What follows when a lane has begun or could not: moves to its ranks, and what routers know of them.
  private mutating func settle(_ lane: Int, at now: SimTime) throws {
    guard ranks.count > 1 else { return }
    for rank in lanes[lane].ranks {
      if pools.count > 1 { try startMoves(to: rank, at: now) }
      noteLoad(of: rank)
    }
  }

  /// Plans, prices or carries out, and begins a lane's next iteration, if there is something to do.
  private mutating func begin(_ lane: Int, at now: SimTime) throws {
    var plan: BatchPlan?
    lanes[lane].iteration.clear()
    for rank in lanes[lane].ranks {
      if let taken = try ranks[rank].takeUp(&lanes[lane].iteration, at: now) { plan = taken }
    }
    guard let plan else { return }
    try price(plan, lane)
    let passed = try stages[lanes[lane].replica].pass(stageTimes, from: now)
    account(idle: passed.idle)
    lanes[lane].iteration.index = ranks[lanes[lane].ranks.lowerBound].iterationCount
    lanes[lane].iteration.start = now
    lanes[lane].iteration.end = passed.end
    lanes[lane].isRunning = true
    for rank in lanes[lane].ranks { ranks[rank].iterationCount += 1 }
    events.schedule(.iterationEnds(lanes[lane].id), at: passed.end)
  }

  /// Puts a cost into the lane's iteration, and into `stageTimes` what each stage takes. A lane that is one scheduler needs
  /// no list of works, and only of it are parts of the time known.
  private mutating func price(_ plan: BatchPlan, _ lane: Int) throws {
    let first = lanes[lane].ranks.lowerBound
    guard lanes[lane].ranks.count == 1, stageTimes.count == 1 else {
      let works = lanes[lane].ranks.map { ranks[$0].work }
      return costModel.price(ranks: works, stages: &stageTimes, into: &lanes[lane].iteration.cost)
    }
    if let cost = try executor?.execute(plan, of: ranks[first].view, work: ranks[first].work) {
      lanes[lane].iteration.cost = cost
    } else {
      if tracksParts { lanes[lane].iteration.parts = costModel.parts(of: ranks[first].work) }
      costModel.price(ranks[first].work, into: &lanes[lane].iteration.cost)
    }
    stageTimes[0] = lanes[lane].iteration.cost.duration
  }
}
