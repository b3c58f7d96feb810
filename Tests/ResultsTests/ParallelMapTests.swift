import Results
import Synchronization
import Testing

@Suite struct ParallelMapTests {
  private struct Failure: Error, Equatable { var item: Int }

  @Test(arguments: [1, 2, 7, 100])
  func resultsStandInTheOrderOfTheItems(_ workers: Int) throws {
    #expect(try parallelMap(Array(0..<50), workers: workers) { $0 * $0 } == (0..<50).map { $0 * $0 })
    #expect(try parallelMap([Int](), workers: workers) { $0 } == [])
  }

  @Test(arguments: [1, 2, 8])
  func theErrorOfTheFirstFailingItemIsThrown(_ workers: Int) {
    #expect(throws: Failure(item: 13)) {
      try parallelMap(Array(0..<50), workers: workers) { item in
        if item == 13 || item > 13 && item.isMultiple(of: 2) { throw Failure(item: item) }
        return item
      }
    }
  }

  @Test func whatIsDoneIsCountedUp() throws {
    let counts = Mutex<[Int]>([])
    _ = try parallelMap(
      Array(0..<20), workers: 4,
      onDone: { done in counts.withLock { $0.append(done) } }
    ) { $0 }
    #expect(counts.withLock { $0 } == Array(1...20))
  }

  @Test func theOneWhoIsToldCanEndTheWork() {
    let begun = Mutex(0)
    #expect(throws: Failure(item: 3)) {
      try parallelMap(
        Array(0..<1000), workers: 2,
        onDone: { if $0 == 3 { throw Failure(item: 3) } }
      ) { _ in begun.withLock { $0 += 1 } }
    }
    #expect(begun.withLock { $0 } <= 4)
  }
}
