import Base
import TestSupport
import Testing

@testable import Sim

/// The pool of decodes against a list that is walked.
@Suite struct DecodePoolTests {
  private struct Plain {
    var slot: Int
    var length: Int
    var remaining: Int
    var lastToken: SimTime
    var largestGap = SimDuration.zero
  }

  /// One pool and one list that live through the same.
  private struct Twins {
    var pool: DecodePool
    var plain: [Plain] = []
    var now = SimTime.zero
    var gaps = Distribution()
    var plainGaps: [SimDuration] = []
    var vacant = Array(0..<12)
    let tokensPerBlock: Int
    let window: Int

    init(tokensPerBlock: Int, window: Int) {
      pool = DecodePool(budget: KVBudget(blockCount: 0, tokensPerBlock: tokensPerBlock), window: window)
      self.tokensPerBlock = tokensPerBlock
      self.window = window
    }

    mutating func join(length: Int, remaining: Int) {
      guard let slot = vacant.popLast() else { return }
      pool.join(RequestID(slot), slot: slot, length: length, remaining: remaining, lastToken: now)
      plain.append(Plain(slot: slot, length: length, remaining: remaining, lastToken: now))
    }

    /// Lets the oldest decode a token; returns who is done, in the pool's and in the list's opinion.
    mutating func advance(oldest count: Int, by step: SimDuration, iteration: Int) -> (pool: [Int], plain: [Int]) {
      _ = pool.select(oldest: count, iteration: iteration)
      let work = pool.work
      let running = plain.prefix(count)
      #expect(work.requests == running.count)
      #expect(work.contextTokens == running.reduce(0) { $0 + $1.length })
      #expect(work.windowedContextTokens == running.reduce(0) { $0 + min($1.length, window) })
      #expect(pool.needingBlock == running.count { ($0.length - 1) % tokensPerBlock == 0 })
      now = now + step
      var finished: [Int] = []
      pool.advance(to: now, gaps: &gaps, finished: &finished)
      for index in plain.indices.prefix(count) {
        let gap = now - plain[index].lastToken
        plainGaps.append(gap)
        plain[index].largestGap = max(plain[index].largestGap, gap)
        plain[index].lastToken = now
        plain[index].length += 1
        plain[index].remaining -= 1
      }
      return (finished, plain.filter { $0.remaining == 0 }.map(\.slot).sorted())
    }

    mutating func remove(_ slot: Int) {
      guard let place = plain.firstIndex(where: { $0.slot == slot }) else { return }
      let known = plain.remove(at: place)
      let departure = pool.remove(slot)
      vacant.append(slot)
      #expect(departure.length == known.length && departure.remaining == known.remaining)
      #expect(departure.lastToken == known.lastToken && departure.largestGap == known.largestGap)
    }
  }

  @Test func aPoolIsAListThatNobodyWalks() {
    for seed in UInt64(1)...80 {
      var random = SeededRandom(seed: seed, stream: "decode pool")
      var twins = Twins(tokensPerBlock: random.integer(1...5), window: random.integer(1...20))
      for iteration in 0..<80 {
        while random.happens(0.5) { twins.join(length: random.integer(1...30), remaining: random.integer(1...12)) }
        if random.happens(0.1), !twins.plain.isEmpty { twins.remove(random.one(of: twins.plain).slot) }
        let count = random.happens(0.7) ? twins.plain.count : random.integer(0...twins.plain.count)
        let step = SimDuration(nanoseconds: Int64(random.integer(1...50)))
        let done = twins.advance(oldest: count, by: step, iteration: iteration)
        #expect(done.pool == done.plain, "seed \(seed)")
        for slot in done.plain { twins.remove(slot) }
        #expect(twins.pool.count == twins.plain.count, "seed \(seed)")
        #expect(twins.pool.roster.newestFirst.map(\.slot) == twins.plain.reversed().map(\.slot), "seed \(seed)")
      }
      #expect(twins.gaps.count == twins.plainGaps.count, "seed \(seed)")
      #expect(twins.gaps.max == twins.plainGaps.max(), "seed \(seed)")
    }
  }

  /// Gaps that shrink for so long that the pool forgets those of its past that nobody can ask about.
  @Test func aLongLifeKeepsItsLargestGap() {
    var twins = Twins(tokensPerBlock: 4, window: 8)
    twins.join(length: 5, remaining: 9999)
    for iteration in 0..<3000 {
      let step = SimDuration(nanoseconds: Int64(5000 - iteration))
      let isOldEnough = iteration > 1500
      if isOldEnough { twins.join(length: 3, remaining: 1 + iteration % 7) }
      let done = twins.advance(oldest: twins.plain.count, by: step, iteration: iteration)
      #expect(done.pool == done.plain)
      for slot in done.plain { twins.remove(slot) }
    }
    while let slot = twins.plain.first?.slot { twins.remove(slot) }
    #expect(twins.gaps.count == twins.plainGaps.count && twins.gaps.max == twins.plainGaps.max())
  }
}
