/// The KV cache of the reference: who holds what is looked up request by request, whenever it is asked.
extension ReferenceReplica {
  /// KV blocks of a prefix block; 0 where none are kept.
  var blocksPerPrefixBlock: Int { (settings.tokensPerPrefixBlock ?? 0) / settings.tokensPerBlock }

  /// Who has blocks.
  private var holders: [ReferenceRequest] { prefilling + decoding + leaving }

  /// Prefix blocks that somebody holds.
  var held: Set<Int> { settings.tokensPerPrefixBlock == nil ? [] : Set(holders.flatMap(\.shared)) }

  /// KV blocks that nobody holds, whatever is cached in them.
  var freeBlocks: Int {
    let own = holders.reduce(0) { $0 + $1.ownBlocks } + arriving.reduce(0) { $0 + $1.blocksToCome }
    return settings.blockCount - own - held.count * blocksPerPrefixBlock
  }

  /// Whether a decoding request's newest token is the first of a block that it does not have.
  func needsBlock(_ request: ReferenceRequest) -> Bool {
    blocks(holding: request.length) > request.ownBlocks + request.shared.count * blocksPerPrefixBlock
  }

  /// What is cached of a request's prompt: whole prefix blocks, from the first on, and never its last token.
  func hits(of request: ReferenceRequest) -> [Int] {
    guard let size = settings.tokensPerPrefixBlock else { return [] }
    return Array(
      request.ids.enumerated().prefix { index, id in
        let end = (index + 1) * size
        return end <= request.promptTokens && end < request.length && cached.contains(id)
      }.map(\.element))
  }

  func cachedTokens(of request: ReferenceRequest) -> Int {
    hits(of: request).count * (settings.tokensPerPrefixBlock ?? 0)
  }

  /// Prefix blocks of which all tokens have passed all layers become others' to hold, be they cached already or not.
  func share(_ request: ReferenceRequest) {
    guard let size = settings.tokensPerPrefixBlock else { return }
    let complete = min(request.prefilled, request.promptTokens) / size
    while request.shared.count < min(complete, request.ids.count) {
      let id = request.ids[request.shared.count]
      if !cached.contains(id) { cached.append(id) }
      request.shared.append(id)
      request.ownBlocks -= blocksPerPrefixBlock
    }
  }

  /// Who no longer runs holds nothing; the end of its prompt is the first to be forgotten.
  func giveBack(_ request: ReferenceRequest) {
    let shared = request.shared
    request.shared = []
    request.ownBlocks = 0
    let held = held
    for id in shared.reversed() where !held.contains(id) {
      cached.removeAll { $0 == id }
      cached.append(id)
    }
  }

  /// Forgets what was not held for longest, until what is cached for nobody fits into the free blocks.
  func forget() {
    guard blocksPerPrefixBlock > 0, cached.count > freeBlocks / blocksPerPrefixBlock else { return }
    let held = held
    let unused = cached.filter { !held.contains($0) }
    let forgotten = unused.dropLast(freeBlocks / blocksPerPrefixBlock)
    cached.removeAll { forgotten.contains($0) }
  }
}
