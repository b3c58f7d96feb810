import Base
import Testing

@testable import Results

/// Pareto frontiers.
@Suite struct FrontierTests {
  /// The definition, word by word.
  private func bruteForce(_ vectors: [[Double?]]) -> Set<Int> {
    func isWhole(_ vector: [Double?]) -> Bool { vector.allSatisfy { $0.map { !$0.isNaN } ?? false } }
    func dominates(_ one: [Double?], _ other: [Double?]) -> Bool {
      let pairs = zip(one, other).compactMap { one, other in one.flatMap { one in other.map { (one, $0) } } }
      return pairs.allSatisfy { $0 <= $1 } && pairs.contains { $0 < $1 }
    }
    let whole = vectors.indices.filter { isWhole(vectors[$0]) }
    return Set(whole.filter { mine in !whole.contains { dominates(vectors[$0], vectors[mine]) } })
  }

  @Test(arguments: 1...5, [3, 30, 300])
  func itIsWhatTheDefinitionSays(_ objectives: Int, _ count: Int) {
    for seed in 0..<20 as Range<UInt64> {
      var random = SeededRandom(seed: seed, stream: "frontier")
      // Few different numbers, so that many tie; some are absent, some are NaN.
      let vectors: [[Double?]] = (0..<count).map { _ in
        (0..<objectives).map { _ in
          let draw = Int(random.uniform() * 12)
          return draw == 0 ? nil : draw == 1 ? .nan : Double(draw) - 5
        }
      }
      let found = nonDominated(vectors)
      #expect(Set(found) == bruteForce(vectors), "seed \(seed)")
      #expect(Set(found).count == found.count)
      let firsts = found.compactMap { vectors[$0][0] }
      #expect(firsts == firsts.sorted())
    }
  }

  @Test func equalPointsStandTogetherAndInOrder() {
    #expect(nonDominated([[2, 1], [1, 2], [2, 1], [2, 2], [1, 2]]) == [1, 4, 0, 2])
  }

  @Test func whatHasNoNumberIsNowhere() {
    #expect(nonDominated([[nil, 0], [.nan, 0], [5, 5]]) == [2])
    #expect(nonDominated([]) == [])
    #expect(nonDominated([[nil]]) == [])
    #expect(nonDominated([[-.infinity, 3], [0, 3]]) == [0])
  }
}
