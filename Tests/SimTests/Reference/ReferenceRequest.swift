import Base

/// A request as the reference keeps it: nothing is summed up, everything is listed.
final class ReferenceRequest {
  let number: Int
  let arrival: SimTime
  let promptTokens: Int
  let outputTokens: Int
  /// When each of its tokens came out.
  var tokenTimes: [SimTime] = []
  /// The ids of its prompt's prefix blocks.
  let ids: [Int]
  /// KV blocks that are its own, and the ids of prefix blocks that others may hold too.
  var ownBlocks = 0
  var shared: [Int] = []
  /// Tokens that were cached when it was first admitted.
  var cachedTokens = 0
  /// Tokens that its prefill must compute, and how many of them have passed each layer.
  var prefillTokens = 0
  var passed: [Int] = []
  var preemptions = 0
  var firstScheduled: SimTime?
  var isTurnedAway = false

  init(number: Int, arrival: SimTime, promptTokens: Int, outputTokens: Int, ids: [Int]) {
    self.number = number
    self.arrival = arrival
    self.promptTokens = promptTokens
    self.outputTokens = outputTokens
    self.ids = ids
  }

  /// Its prompt and the tokens that have come out.
  var length: Int { promptTokens + tokenTimes.count }
  /// Prefill tokens that have passed all layers.
  var prefilled: Int { passed.min() ?? 0 }
  var isFinished: Bool { tokenTimes.count == outputTokens }
  /// The time between each of its tokens and the one before.
  var gaps: [SimDuration] { zip(tokenTimes, tokenTimes.dropFirst()).map { $1 - $0 } }
}

/// The server of the reference: no replicas, no events, one iteration after the other.
struct ReferenceSettings {
  var layerCount: Int
  var maxRequests: Int
  var maxModelLen: Int
  var blockCount: Int
  var tokensPerBlock: Int
  var tokensPerPrefixBlock: Int?
  var window: Int?
}
