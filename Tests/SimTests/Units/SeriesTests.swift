import Base
import TestSupport
import Testing

@testable import Sim

/// The small structures under the engine against the plainest thing that does the same.
@Suite struct SeriesTests {
  @Test func aHeapGivesBackItsElementsInOrder() {
    for seed in UInt64(1)...100 {
      var random = SeededRandom(seed: seed, stream: "heap")
      var heap = BinaryHeap<Int>()
      var plain: [Int] = []
      for _ in 0..<80 {
        if random.happens(0.6) {
          plain.append(random.integer(0...20))
          heap.push(plain[plain.count - 1])
        } else {
          plain.sort(by: >)
          #expect(heap.pop() == plain.popLast(), "seed \(seed)")
        }
        #expect(heap.first == plain.min() && heap.count == plain.count, "seed \(seed)")
        #expect(heap.isEmpty == plain.isEmpty, "seed \(seed)")
      }
    }
  }

  @Test func aSuffixMaximumIsTheMaximumOfASuffix() {
    for seed in UInt64(1)...100 {
      var random = SeededRandom(seed: seed, stream: "suffix maximum")
      var series = SuffixMaximum()
      var plain: [(index: Int, value: SimDuration)] = []
      var index = 0
      var forgotten = 0
      for _ in 0..<60 {
        index += random.integer(1...3)
        plain.append((index, SimDuration(nanoseconds: Int64(random.integer(0...30)))))
        series.append(plain[plain.count - 1].value, at: index)
        if random.happens(0.1) {
          forgotten = random.integer(forgotten...index)
          series.forget(before: forgotten)
        }
        let asked = random.integer(forgotten...index + 2)
        let expected = plain.filter { $0.index >= asked }.map(\.value).max()
        #expect(series.maximum(from: asked) == expected, "seed \(seed)")
      }
      #expect(series.count <= 31, "seed \(seed): values that a later one topped are not kept")
    }
  }

  @Test func aValueThatALaterOneEqualsIsNotKept() {
    var series = SuffixMaximum()
    for index in 0..<10 { series.append(.seconds(1), at: index) }
    #expect(series.count == 1 && series.maximum(from: 9) == .seconds(1) && series.maximum(from: 10) == nil)
  }

  @Test func aPhaseRingCountsWhoNeedsABlock() {
    for seed in UInt64(1)...60 {
      var random = SeededRandom(seed: seed, stream: "phase ring")
      let period = random.integer(1...7)
      var ring = PhaseRing(period: period)
      var lengths: [Int] = []
      for age in 0..<60 {
        if random.happens(0.5) {
          lengths.append(random.integer(0...20))
          ring.change(offset: lengths[lengths.count - 1] - age, by: 1)
        }
        if random.happens(0.3), let gone = lengths.popLast() { ring.change(offset: gone - age, by: -1) }
        #expect(ring.count(at: age) == lengths.count { $0 % period == 0 }, "seed \(seed)")
        lengths = lengths.map { $0 + 1 }
      }
    }
  }

  @Test func drainingAPhaseTakesAwayWhoIsInIt() {
    var ring = PhaseRing(period: 3)
    ring.change(offset: 0, by: 2)
    ring.change(offset: -1, by: 5)
    #expect(ring.drain(at: 0) == 2)
    #expect([ring.count(at: 0), ring.count(at: 1), ring.count(at: 3)] == [0, 5, 0])
  }

  @Test func aWindowedSumIsTheSumOfLengthsUpToTheWindow() {
    for seed in UInt64(1)...60 {
      var random = SeededRandom(seed: seed, stream: "windowed sum")
      let window = random.integer(1...20)
      var sum = WindowedSum(window: window)
      var lengths: [Int] = []
      for age in 0..<80 {
        if random.happens(0.4) {
          lengths.append(random.integer(1...30))
          sum.add(length: lengths[lengths.count - 1], age: age)
        }
        if !lengths.isEmpty, random.happens(0.3) {
          sum.remove(length: lengths.remove(at: random.integer(0...lengths.count - 1)), age: age)
        }
        #expect(sum.sum == lengths.reduce(0) { $0 + min($1, window) }, "seed \(seed)")
        lengths = lengths.map { $0 + 1 }
        sum.advance(to: age + 1)
      }
    }
  }

  @Test func eventsHappenInTimeAndArrivalsFirst() {
    var events = EventQueue()
    events.schedule(.iterationEnds(ReplicaID(1)), at: .seconds(2))
    events.schedule(.iterationEnds(ReplicaID(0)), at: .seconds(2))
    events.schedule(.requestArrives, at: .seconds(2))
    events.schedule(.iterationEnds(ReplicaID(2)), at: .seconds(1))
    var happened: [Event] = []
    while let next = events.next() { happened.append(next.event) }
    #expect(
      happened == [
        .iterationEnds(ReplicaID(2)), .requestArrives, .iterationEnds(ReplicaID(1)), .iterationEnds(ReplicaID(0)),
      ])
  }
}
