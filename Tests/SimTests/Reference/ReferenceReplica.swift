import Base
import Sim

/// The queues and the KV cache of a scheduler of the reference, and the iteration that is being planned. The rules are those of
/// `reference/layered-prefill.md`, section 3, "Decodes" and "Admission", walked through request by request.
final class ReferenceReplica {
  /// Prompt tokens of a request through layers.
  struct Piece {
    let request: ReferenceRequest
    let tokens: Range<Int>
    let layers: Range<Int>
  }

  let number: Int
  /// The number of its lane.
  let lane: Int
  let link: ReferenceLink
  let settings: ReferenceSettings
  let scheduler: any ReferenceScheduler
  var now = SimTime.zero
  /// Whether no rank of its lane was under way when the iteration that is planned began.
  var isTurn = true
  var waiting: [ReferenceRequest] = []
  var prefilling: [ReferenceRequest] = []
  var decoding: [ReferenceRequest] = []
  /// Prefix blocks that are cached; of those that nobody holds, the ones that were held last come last.
  var cached: [Int] = []
  /// The iteration that is being planned.
  var decodes: [ReferenceRequest] = []
  var pieces: [Piece] = []
  /// Who is to decode here: without blocks yet, and on the way to its blocks.
  var awaited: [ReferenceRequest] = []
  var arriving: [ReferenceRequest] = []
  /// Who is to decode elsewhere and has its blocks here until it is there.
  var leaving: [ReferenceRequest] = []

  init(
    _ number: Int, lane: Int, link: ReferenceLink, _ settings: ReferenceSettings, _ scheduler: any ReferenceScheduler
  ) {
    self.number = number
    self.lane = lane
    self.link = link
    self.settings = settings
    self.scheduler = scheduler
  }

  var inFlight: Int { waiting.count + prefilling.count + decoding.count }
  var runningCount: Int { prefilling.count + decoding.count }
  /// What a router may know of it, counted request by request.
  var load: ReplicaLoad {
    let toPrefill =
      waiting.reduce(0) { $0 + $1.length } + prefilling.reduce(0) { $0 + $1.prefillTokens - $1.prefilled }
    let toDecode = decoding.count + awaited.count + arriving.count
    return ReplicaLoad(
      requestsInFlight: waiting.count + prefilling.count + toDecode, outstandingTokens: toPrefill + toDecode)
  }
  var allLayers: Range<Int> { 0..<settings.layerCount }

  /// How many blocks so many tokens fill, the last one perhaps in part.
  func blocks(holding tokens: Int) -> Int {
    tokens / settings.tokensPerBlock + (tokens % settings.tokensPerBlock == 0 ? 0 : 1)
  }

  /// Decodes in order, oldest first. Whose newest token is the first of a block needs that block; if none is free, the
  /// most recently added decoding request is preempted, again and again; if no other is left, the request itself.
  func decodeOldestFirst(atMost limit: Int) {
    var queue = decoding
    while !queue.isEmpty, decodes.count < limit {
      let request = queue.removeFirst()
      var isPreempted = false
      if needsBlock(request) {
        while freeBlocks == 0, !isPreempted {
          let victim = queue.popLast() ?? request
          preempt(victim)
          isPreempted = victim === request
        }
        if isPreempted { break }
        request.ownBlocks += 1
      }
      decodes.append(request)
    }
  }

  /// Blocks freed, progress 0, to the front of the waiting ones.
  func preempt(_ victim: ReferenceRequest) {
    guard let place = decoding.firstIndex(where: { $0 === victim }) else {
      preconditionFailure("only who decodes is preempted")
    }
    decoding.remove(at: place)
    giveBack(victim)
    victim.passed = []
    victim.preemptions += 1
    waiting.insert(victim, at: 0)
  }

  /// The next waiting request with blocks for all of its tokens; nil if there is none or too few blocks are free.
  func admitNext() -> ReferenceRequest? {
    guard let next = waiting.first else { return nil }
    let hits = hits(of: next)
    let othersHold = held.intersection(hits).count * blocksPerPrefixBlock
    guard blocks(holding: next.length) - othersHold <= freeBlocks else { return nil }
    waiting.removeFirst()
    next.shared = hits
    next.ownBlocks = blocks(holding: next.length) - hits.count * blocksPerPrefixBlock
    next.prefillTokens = next.length
    next.passed = [Int](repeating: cachedTokens(of: next), count: settings.layerCount)
    if next.firstScheduled == nil {
      next.firstScheduled = now
      next.cachedTokens = cachedTokens(of: next)
    }
    prefilling.append(next)
    return next
  }

  /// Plans prompt tokens through layers, after checking that each finds its layer ready for it.
  func prefill(_ request: ReferenceRequest, tokens: Range<Int>, layers: Range<Int>) {
    precondition(!tokens.isEmpty && tokens.upperBound <= request.prefillTokens, "tokens of the prompt")
    for layer in layers {
      precondition(request.passed[layer] == tokens.lowerBound, "each token passes each layer once, in order")
      let isReady = layer == layers.lowerBound && layer > 0 ? request.passed[layer - 1] >= tokens.upperBound : true
      precondition(isReady, "a token reaches a layer through all layers before it")
    }
    pieces.append(Piece(request: request, tokens: tokens, layers: layers))
  }
}
