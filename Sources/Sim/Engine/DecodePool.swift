import Base
import HardwareModels

/// The decoding requests of a replica as one value. All that run advance by one token an iteration and see the same gap,
/// so an iteration costs what changed, not what runs: counts and sums stand for the requests, a ring says how many need a
/// KV block, a heap says who is done.
public struct DecodePool: Sendable {
  /// What the pool keeps of a request besides its place in the roster.
  private struct Member {
    /// Its place in the roster.
    var place = 0
    /// Tokens that must still come out; plus the pool's advances while it runs, so that nobody need count it down.
    var remaining = 0
    /// Tells this run from earlier ones in the heap of those to finish.
    var run = 0
    /// When its last token before this run came out.
    var lastToken = SimTime.zero
    /// The largest gap before those that the pool's series holds.
    var largestGap = SimDuration.zero
    /// The first advance whose gap in the series is one of its own.
    var firstGap = 0
    /// The iteration at whose end this run's first token comes out.
    var firstIteration = 0
  }

  private struct Finish: Comparable {
    var advance: Int
    var slot: Int
    var run: Int
    static func < (left: Self, right: Self) -> Bool { (left.advance, left.slot) < (right.advance, right.slot) }
  }

  /// What a request takes along when it leaves the pool.
  struct Departure {
    /// Its length in tokens, the newest included.
    var length: Int
    /// Tokens that must still come out.
    var remaining: Int
    /// When its last token so far came out.
    var lastToken: SimTime
    /// The largest gap between its tokens while it was here.
    var largestGap: SimDuration
    /// The first iteration of the run that ends with its leaving; nil if it paused.
    var firstIteration: Int?
  }

  /// An empty cache, to count blocks with.
  let budget: KVBudget
  private(set) var roster = Roster()
  /// Requests that take part in the iterations.
  private(set) var runningCount = 0
  /// How often the pool has advanced.
  private(set) var advances = 0
  private var contextTokens = 0
  private var windowed: WindowedSum?
  private var blockNeeds: PhaseRing
  private var members: [Member] = []
  private var finishing = BinaryHeap<Finish>()
  private var gaps = SuffixMaximum()
  private var gapsWorthKeeping = 1024
  private var newcomers: [Int] = []
  private var lastEnd = SimTime.zero

  /// Nobody decodes. With a window, the sum over windowed contexts is kept too.
  init(budget: KVBudget, window: Int?) {
    self.budget = budget
    blockNeeds = PhaseRing(period: budget.tokensPerBlock)
    windowed = window.map { WindowedSum(window: $0) }
  }

  /// How many of those that run need one more KV block for their next token.
  var needingBlock: Int { blockNeeds.count(at: advances) }

  /// What those that run ask of each layer.
  var work: DecodeWork {
    var work = DecodeWork()
    work.requests = runningCount
    work.contextTokens = contextTokens
    work.windowedContextTokens = windowed?.sum ?? contextTokens
    return work
  }

  /// Takes in a request whose last token came out of a prefill, here or elsewhere; it pauses until it is selected.
  mutating func join(_ id: RequestID, slot: Int, length: Int, remaining: Int, lastToken: SimTime) {
    while members.count <= slot { members.append(Member()) }
    members[slot].place = roster.append(id, slot: slot, length: length)
    members[slot].remaining = remaining
    members[slot].lastToken = lastToken
    members[slot].largestGap = .zero
  }

  /// Lets the oldest `count` requests run and the others pause; returns whose run from which iteration on has ended.
  mutating func select(oldest count: Int, iteration: Int) -> [(slot: Int, firstIteration: Int)] {
    var ended: [(slot: Int, firstIteration: Int)] = []
    while runningCount > count, let place = roster.pauseNewest(after: advances) {
      let entry = roster.entries[place]
      endRun(entry.slot, length: entry.lengthOffset)
      ended.append((entry.slot, members[entry.slot].firstIteration))
    }
    while runningCount < count, let place = roster.resumeOldest(after: advances) {
      beginRun(roster.entries[place].slot, length: roster.entries[place].length(after: advances), iteration: iteration)
    }
    return ended
  }

  /// Ends an iteration: everybody who runs has one more token. Adds to `finished` who has all of them.
  mutating func advance(to end: SimTime, gaps distribution: inout Distribution, finished: inout [Int]) {
    guard runningCount > 0 else { return }
    if runningCount > newcomers.count {
      distribution.add(end - lastEnd, weight: runningCount - newcomers.count)
      gaps.append(end - lastEnd, at: advances)
    }
    for slot in newcomers {
      let gap = end - members[slot].lastToken
      distribution.add(gap)
      members[slot].largestGap = max(members[slot].largestGap, gap)
    }
    if !newcomers.isEmpty { newcomers.removeAll(keepingCapacity: true) }
    lastEnd = end
    advances += 1
    contextTokens += runningCount
    windowed?.advance(to: advances)
    while let next = finishing.first, next.advance == advances {
      _ = finishing.pop()
      if members[next.slot].run == next.run { finished.append(next.slot) }
    }
  }

  /// Removes a request, finished or preempted.
  mutating func remove(_ slot: Int) -> Departure {
    let entry = roster.entries[members[slot].place]
    let length = entry.length(after: advances)
    if entry.state == .running { endRun(slot, length: length) }
    roster.remove(members[slot].place)
    if roster.isSparse { reseat() }
    if roster.count == 0 { gaps = SuffixMaximum() }
    return Departure(
      length: length, remaining: members[slot].remaining, lastToken: members[slot].lastToken,
      largestGap: members[slot].largestGap,
      firstIteration: entry.state == .running ? members[slot].firstIteration : nil)
  }

  private mutating func beginRun(_ slot: Int, length: Int, iteration: Int) {
    runningCount += 1
    contextTokens += length
    windowed?.add(length: length, age: advances)
    blockNeeds.change(offset: length - 1 - advances, by: 1)
    let followsTheOthers = members[slot].lastToken == lastEnd && advances > 0
    if !followsTheOthers { newcomers.append(slot) }
    members[slot].firstGap = followsTheOthers ? advances : advances + 1
    members[slot].firstIteration = iteration
    members[slot].remaining += advances
    finishing.push(Finish(advance: members[slot].remaining, slot: slot, run: members[slot].run))
  }

  private mutating func endRun(_ slot: Int, length: Int) {
    runningCount -= 1
    contextTokens -= length
    windowed?.remove(length: length, age: advances)
    blockNeeds.change(offset: length - 1 - advances, by: -1)
    members[slot].largestGap = max(
      members[slot].largestGap, gaps.maximum(from: members[slot].firstGap) ?? .zero)
    members[slot].lastToken = lastEnd
    members[slot].remaining -= advances
    members[slot].run += 1
  }

  /// Closes the roster's gaps, and forgets gaps in time that no request will ask about.
  private mutating func reseat() {
    roster.compact()
    for (place, entry) in roster.entries.enumerated() { members[entry.slot].place = place }
    guard gaps.count > gapsWorthKeeping else { return }
    let oldest = roster.entries.lazy.map { [members] in members[$0.slot].firstGap }.min() ?? advances
    gaps.forget(before: oldest)
    gapsWorthKeeping = max(1024, 2 * gaps.count)
  }
}
