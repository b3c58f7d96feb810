import Base
import Sim

/// What the requests in flight say: prompts, answers so far, and which slot holds their keys and values. A request that
/// was preempted gives its slot away and keeps its words.
struct Conversations {
  private struct Conversation {
    var words: [Int32]
    let promptTokens: Int
    var slot: Int?
  }

  let vocabulary: Int
  let seed: UInt64
  private var conversations: [RequestID: Conversation] = [:]
  /// Who holds each slot.
  private var holders: [RequestID?] = []

  init(vocabulary: Int, seed: UInt64) {
    self.vocabulary = vocabulary
    self.seed = seed
  }

  /// Slots that were ever needed at once.
  var slotCount: Int { holders.count }

  func answer(to request: RequestID) -> [Int32]? {
    conversations[request].map { Array($0.words[$0.promptTokens...]) }
  }

  /// Takes slots from those that are preempted or done, and gives slots to those that are admitted.
  mutating func settle(_ plan: BatchPlan, _ view: ReplicaView) {
    for id in plan.preemptions { vacate(id) }
    var isHeld = [Bool](repeating: false, count: holders.count)
    func keep(_ id: RequestID) {
      if let slot = conversations[id]?.slot { isHeld[slot] = true }
    }
    for request in view.prefilling { keep(request.id) }
    for request in view.decodes.newestFirst { keep(request.id) }
    for slot in holders.indices where !isHeld[slot] {
      if let done = holders[slot] { conversations[done] = nil }
      holders[slot] = nil
    }
    for request in view.prefilling where conversations[request.id]?.slot == nil { admit(request) }
  }

  private mutating func vacate(_ id: RequestID) {
    guard let slot = conversations[id]?.slot else { preconditionFailure("a request without a slot is preempted") }
    conversations[id]?.slot = nil
    holders[slot] = nil
  }

  private mutating func admit(_ request: PrefillingRequest) {
    let free = holders.firstIndex { $0 == nil }
    if free == nil { holders.append(nil) }
    let slot = free ?? holders.count - 1
    holders[slot] = request.id
    if conversations[request.id] == nil {
      let words = prompt(of: request.id, tokens: request.tokens)
      conversations[request.id] = Conversation(words: words, promptTokens: words.count, slot: slot)
    }
    conversations[request.id]?.slot = slot
  }

  /// Random words that depend on the seed, the request and their place.
  private func prompt(of id: RequestID, tokens: Int) -> [Int32] {
    var random = SeededRandom(seed: seed &+ UInt64(id.number) &* 0x9e37_79b9_7f4a_7c15, stream: "prompt words")
    return (0..<tokens).map { _ in Int32(random.uniform() * Double(vocabulary)) }
  }

  /// The plan in terms of slots and words, and whose tokens come out, in the runner's order.
  func batch(_ plan: BatchPlan, _ view: ReplicaView) -> (RunnerBatch, speakers: [RequestID]) {
    var batch = RunnerBatch()
    var speakers: [RequestID] = []
    for id in view.decodes.runningNewestFirst {
      let (words, slot) = held(by: id)
      batch.decodes.append(RunnerBatch.Decode(slot: slot, position: words.count - 1, word: words[words.count - 1]))
      speakers.append(id)
    }
    for tile in plan.tiles {
      let (words, slot) = held(by: tile.request)
      let emits = tile.layers.upperBound == view.limits.layerCount && tile.tokens.upperBound == words.count
      batch.tiles.append(
        RunnerBatch.Tile(
          slot: slot, tokens: tile.tokens, layers: tile.layers, words: words[tile.tokens], emits: emits))
      if emits { speakers.append(tile.request) }
    }
    return (batch, speakers)
  }

  private func held(by id: RequestID) -> (words: [Int32], slot: Int) {
    guard let conversation = conversations[id], let slot = conversation.slot else {
      preconditionFailure("a request that runs holds no slot")
    }
    return (conversation.words, slot)
  }

  mutating func append(_ word: Int32, to id: RequestID) { conversations[id]?.words.append(word) }
}
