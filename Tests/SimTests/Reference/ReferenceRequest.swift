import Base
import Traces

/// A request as the reference keeps it: nothing is summed up, everything is listed.
final class ReferenceRequest {
  let number: Int
  let arrival: SimTime
  let promptTokens: Int
  let outputTokens: Int
  let session: UInt64?
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
  /// The blocks set aside for it where it is to decode, and when its keys and values were there.
  var blocksToCome = 0
  var cacheArrival: SimTime?

  init(number: Int, _ request: TraceRequest) {
    self.number = number
    arrival = request.arrival
    promptTokens = request.promptTokens
    outputTokens = request.outputTokens
    session = request.session
    ids = request.prefixIDs
  }

  /// Its prompt and the tokens that have come out.
  var length: Int { promptTokens + tokenTimes.count }
  /// Prefill tokens that have passed all layers.
  var prefilled: Int { passed.min() ?? 0 }
  var isFinished: Bool { tokenTimes.count == outputTokens }
  /// The time between each of its tokens and the one before.
  var gaps: [SimDuration] { zip(tokenTimes, tokenTimes.dropFirst()).map { $1 - $0 } }
}

/// The settings of a replica of the reference.
struct ReferenceSettings {
  var layerCount: Int
  var maxRequests: Int
  var maxModelLen: Int
  var blockCount: Int
  var tokensPerBlock: Int
  var tokensPerPrefixBlock: Int?
  var window: Int?
}
