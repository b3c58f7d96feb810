import Sim
import Testing

@Suite struct KVBudgetTests {
  @Test func tokensFillBlocksTheLastOnePerhapsInPart() {
    let budget = KVBudget(blockCount: 10, tokensPerBlock: 4)
    #expect([0, 1, 4, 5, 8, 9].map(budget.blocks) == [0, 1, 1, 2, 2, 3])
  }

  @Test func theFirstTokenOfABlockNeedsIt() {
    #expect((1...9).filter(KVBudget(blockCount: 9, tokensPerBlock: 4).needsBlock) == [1, 5, 9])
    #expect((1...3).filter(KVBudget(blockCount: 9, tokensPerBlock: 1).needsBlock) == [1, 2, 3])
  }

  @Test func reservedBlocksAreNotFreeUntilTheyAreReleased() {
    var budget = KVBudget(blockCount: 5, tokensPerBlock: 4)
    budget.reserve(3)
    #expect(budget.freeBlocks == 2 && budget.admits(2) && !budget.admits(3))
    budget.release(1)
    #expect(budget.freeBlocks == 3)
  }

  @Test func moreThanIsFreeCannotBeReserved() async {
    await #expect(processExitsWith: .failure) {
      var budget = KVBudget(blockCount: 5, tokensPerBlock: 4)
      budget.reserve(6)
    }
  }

  @Test func moreThanThereIsCannotComeBack() async {
    await #expect(processExitsWith: .failure) {
      var budget = KVBudget(blockCount: 5, tokensPerBlock: 4)
      budget.release(1)
    }
  }
}
