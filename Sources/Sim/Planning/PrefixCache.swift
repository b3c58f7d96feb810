/// Which prefix blocks stand in the KV cache, how many requests use each, and which of the unused ones goes first.
///
/// A block's id names its tokens and all before them, so a prompt's cached prefix is the longest cached part of its list
/// of ids. Who uses a block uses those before it, and lets go of the last one first; so whatever is unused longest has
/// nothing behind it that is still cached, and no block need know its neighbours in a prompt.
public struct PrefixCache: Sendable {
  private struct Block {
    var id = 0
    var users = 0
    /// Its neighbours in the ring of unused blocks.
    var older = 0
    var newer = 0
  }

  private var places: [Int: Int] = [:]
  /// The first is no block but where the ring of unused ones begins and ends.
  private var blocks = [Block()]
  private var vacant: [Int] = []
  /// Cached blocks that nobody uses.
  public private(set) var unusedCount = 0

  /// Nothing is cached.
  public init() {}

  /// Cached blocks.
  public var count: Int { places.count }

  /// How many requests use a block; nil where it is not cached.
  public func users(of id: Int) -> Int? { places[id].map { blocks[$0].users } }

  /// The longest cached prefix of a list of ids.
  /// Complexity: O(its length).
  public func hits(_ ids: ArraySlice<Int>) -> ArraySlice<Int> { ids.prefix { places[$0] != nil } }

  /// Adds a user to a block, and caches it if it is not yet; how many used it before.
  @discardableResult
  public mutating func use(_ id: Int) -> Int {
    let place = places[id] ?? insert(id)
    let users = blocks[place].users
    if users == 0 { unlink(place) }
    blocks[place].users += 1
    return users
  }

  /// Takes a user away from a block, which stays cached; how many are left.
  @discardableResult
  public mutating func release(_ id: Int) -> Int {
    guard let place = places[id], blocks[place].users > 0 else {
      preconditionFailure("only who uses a prefix block lets go of it")
    }
    blocks[place].users -= 1
    if blocks[place].users == 0 { linkAsNewest(place) }
    return blocks[place].users
  }

  /// Throws the unused blocks away that nobody has used for longest, until so many are left.
  public mutating func evict(downTo limit: Int) {
    while unusedCount > limit {
      let place = blocks[0].newer
      unlink(place)
      places[blocks[place].id] = nil
      vacant.append(place)
    }
  }

  /// An unused block, which comes after all others.
  private mutating func insert(_ id: Int) -> Int {
    let place = vacant.popLast() ?? blocks.count
    if place == blocks.count { blocks.append(Block()) }
    blocks[place].id = id
    places[id] = place
    linkAsNewest(place)
    return place
  }

  private mutating func linkAsNewest(_ place: Int) {
    let last = blocks[0].older
    blocks[place].older = last
    blocks[place].newer = 0
    blocks[last].newer = place
    blocks[0].older = place
    unusedCount += 1
  }

  private mutating func unlink(_ place: Int) {
    let (older, newer) = (blocks[place].older, blocks[place].newer)
    blocks[older].newer = newer
    blocks[newer].older = older
    unusedCount -= 1
  }
}
