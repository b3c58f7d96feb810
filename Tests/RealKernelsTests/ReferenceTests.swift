import Base
import RealKernels
import Testing

@Suite struct ReferenceTests {
  @Test func aProductIsRowTimesTransposedWeights() {
    #expect(Reference.product([1, 2], weights: [3, 4, 5, 6, 0, 1], columns: 3) == [11, 17, 2])
  }

  @Test func oneKeyGetsAllAttention() {
    #expect(Reference.attention(query: [3], keys: [[9]], values: [[7]], scale: 1) == [7])
  }

  @Test func equalKeysShareAttention() {
    #expect(Reference.attention(query: [3], keys: [[1], [1]], values: [[2], [4]], scale: 1) == [3])
  }

  @Test func anExpertWorkedByHand() {
    // gate 0 gives SiLU 0, so the first inner element vanishes; the second is SiLU(2) x 3.
    let found = Reference.expert([1], gateUp: [0, 2, 5, 3], down: [10, 1], intermediate: 2)
    let silu = 2 / (1 + 0.1353352832366127)
    #expect(abs(found[0] - 3 * silu) < 1e-12)
  }

  @Test func routingTakesTheLargestAndTheLowerOfEquals() {
    let found = Reference.route([1, 3, 3, 2], expertsPerToken: 2)
    #expect(found.map(\.id) == [1, 2])
    #expect(found.map(\.weight) == [0.5, 0.5])
  }

  @Test func positionZeroDoesNotTurn() {
    #expect(Reference.rope([1, 2, 3, 4], position: 0, theta: 10) == [1, 2, 3, 4])
  }

  @Test func poisonIsNeverWithinTolerance() {
    #expect(
      throws: InputError(.software, "x: element 1 is nan; the reference says 1.0")
    ) { try Tolerance(relative: 10).compare([1, .nan], with: [1, 1], "x") }
  }

  @Test func anErrorBeyondToleranceNamesTheElement() {
    #expect(
      throws: InputError(
        .software,
        "x: element 0 is 1.5; the reference says 1.0, an error of 0.5 root mean squares where 0.25 is allowed")
    ) { try Tolerance(relative: 0.25).compare([1.5, 1], with: [1, 1], "x") }
  }
}
