import Base
import Sim
import TestSupport
import Testing

@Suite struct FrontierTests {
  /// How many tokens have passed each layer, in plain numbers.
  private struct Plain {
    var passed: [Int]

    func admits(_ tile: Tile) -> Bool {
      let isInside = tile.layers.lowerBound >= 0 && tile.layers.upperBound <= passed.count
      guard isInside, !tile.tokens.isEmpty, !tile.layers.isEmpty else { return false }
      let isReady = tile.layers.lowerBound == 0 || passed[tile.layers.lowerBound - 1] >= tile.tokens.upperBound
      return isReady && tile.layers.allSatisfy { passed[$0] == tile.tokens.lowerBound }
    }

    mutating func advance(by tile: Tile) { for layer in tile.layers { passed[layer] = tile.tokens.upperBound } }
  }

  private func tile(_ tokens: Range<Int>, _ layers: Range<Int>) -> Tile {
    Tile(request: RequestID(0), tokens: tokens, layers: layers)
  }

  /// Any tile, legal or not, near where the frontier stands.
  private func randomTile(_ plain: Plain, _ random: inout SeededRandom) -> Tile {
    let layerCount = plain.passed.count
    let first = random.integer(0...layerCount - 1)
    let start = random.happens(0.9) ? plain.passed[first] : random.integer(0...9)
    let end = first > 0 && random.happens(0.5) ? max(start, plain.passed[first - 1]) : start + random.integer(0...3)
    return tile(start..<end, first..<random.integer(first...layerCount + (random.happens(0.1) ? 1 : 0)))
  }

  @Test func aFrontierIsAStaircaseOfPlainNumbers() {
    var admitted = 0
    for seed in UInt64(1)...200 {
      var random = SeededRandom(seed: seed, stream: "frontier")
      let layerCount = random.integer(1...9)
      var plain = Plain(passed: [Int](repeating: 0, count: layerCount))
      var frontier = Frontier(layerCount: layerCount)
      for _ in 0..<60 {
        let tile = randomTile(plain, &random)
        #expect(frontier.admits(tile) == plain.admits(tile), "seed \(seed), \(tile) on \(plain.passed)")
        guard plain.admits(tile) else { continue }
        admitted += 1
        plain.advance(by: tile)
        frontier.advance(by: tile)
        #expect((0..<layerCount).map(frontier.tokens) == plain.passed, "seed \(seed)")
        #expect(frontier.completedTokens == plain.passed.last, "seed \(seed)")
        #expect(frontier.isLevel == (Set(plain.passed).count == 1), "seed \(seed)")
      }
    }
    #expect(admitted > 1500)
  }

  @Test func equalStaircasesAreEqualHoweverTheyWereBuilt() {
    var atOnce = Frontier(layerCount: 4)
    atOnce.advance(by: tile(0..<6, 0..<3))
    var piecemeal = Frontier(layerCount: 4)
    for (tokens, layers) in [(0..<6, 0..<1), (0..<2, 1..<2), (2..<6, 1..<2), (0..<6, 2..<3)] {
      piecemeal.advance(by: tile(tokens, layers))
    }
    #expect(atOnce == piecemeal)
  }

  @Test func aFrontierMayBeginAfterTokensThatAreDone() {
    let frontier = Frontier(layerCount: 4, completedTokens: 5)
    #expect(frontier.admits(tile(5..<8, 0..<4)))
    #expect(!frontier.admits(tile(0..<8, 0..<4)))
    #expect(!frontier.admits(tile(6..<8, 0..<4)))
  }

  @Test func aFrontierRefusesToAdvanceOverATileThatItDoesNotAdmit() async {
    await #expect(processExitsWith: .failure) {
      var frontier = Frontier(layerCount: 4)
      frontier.advance(by: Tile(request: RequestID(0), tokens: 1..<2, layers: 0..<4))
    }
  }
}
