import Base
import Sim
import TestSupport
import Testing

@Suite struct PrefixCacheTests {
  /// A cache after a request that used these blocks left.
  private func cache(after ids: [Int]) -> PrefixCache {
    var cache = PrefixCache()
    for id in ids { cache.use(id) }
    for id in ids.reversed() { cache.release(id) }
    return cache
  }

  @Test func theLongestCachedPrefixIsFound() {
    let cache = cache(after: [7, 8, 9])
    #expect(cache.hits([7, 8, 9, 10]) == [7, 8, 9])
    #expect(cache.hits([7, 5, 9]) == [7])
    #expect(cache.hits([5, 8, 9]) == [] && cache.hits([]) == [])
  }

  @Test func usersAreCountedAndUnusedBlocksStay() {
    var cache = PrefixCache()
    #expect(cache.users(of: 3) == nil)
    #expect(cache.use(3) == 0 && cache.use(3) == 1)
    #expect(cache.users(of: 3) == 2 && cache.unusedCount == 0)
    #expect(cache.release(3) == 1 && cache.release(3) == 0)
    #expect(cache.users(of: 3) == 0 && cache.unusedCount == 1 && cache.count == 1)
  }

  @Test func whatWasLastUsedLongestAgoGoesFirstAndTheEndOfAPromptBeforeItsBeginning() {
    var cache = cache(after: [1, 2, 3])
    for id in [1, 4] { cache.use(id) }
    cache.evict(downTo: 1)
    #expect(cache.hits([1, 2, 3]) == [1, 2] && cache.unusedCount == 1)
    cache.evict(downTo: 0)
    #expect(cache.hits([1, 2]) == [1] && cache.hits([1, 4]) == [1, 4] && cache.count == 2)
  }

  @Test func aBlockInUseIsNeverThrownAway() {
    var cache = PrefixCache()
    cache.use(1)
    cache.evict(downTo: 0)
    #expect(cache.users(of: 1) == 1)
  }

  @Test func lettingGoOfWhatNobodyUsesIsABug() async {
    await #expect(processExitsWith: .failure) {
      var cache = PrefixCache()
      cache.release(1)
    }
  }

  /// Against a list that is searched and sorted every time.
  @Test func itEqualsAPlainListUnderRandomUse() {
    var random = SeededRandom(seed: 1, stream: "prefix cache")
    var cache = PrefixCache()
    var plain: [(id: Int, users: Int)] = []
    for _ in 0..<20_000 {
      let id = random.integer(0...30)
      let place = plain.firstIndex { $0.id == id }
      switch random.integer(0...9) {
      case 0...4:
        #expect(cache.use(id) == place.map { plain[$0].users } ?? 0)
        if let place { plain[place].users += 1 } else { plain.append((id, 1)) }
      case 5...8:
        guard let place, plain[place].users > 0 else { continue }
        plain[place].users -= 1
        #expect(cache.release(id) == plain[place].users)
        plain.append(plain.remove(at: place))
      default:
        let limit = random.integer(0...10)
        cache.evict(downTo: limit)
        while plain.count(where: { $0.users == 0 }) > limit, let oldest = plain.firstIndex(where: { $0.users == 0 }) {
          plain.remove(at: oldest)
        }
      }
      #expect(cache.count == plain.count && cache.unusedCount == plain.count { $0.users == 0 })
      #expect((0...30).allSatisfy { id in cache.users(of: id) == plain.first { $0.id == id }?.users })
    }
  }
}
