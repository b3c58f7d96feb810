import Base
import HardwareModels
import Sim
import TestSupport

/// What a simulation says about a request, with all its token times.
struct RequestFacts: Equatable {
  var number: Int
  var isTurnedAway: Bool
  var tokenTimes: [SimTime]
  var firstScheduled: SimTime
  var firstToken: SimTime
  var cacheArrival: SimTime?
  var finish: SimTime
  var largestGap: SimDuration
  var preemptions: Int
  var cachedTokens: Int
}

/// What a simulation says about an iteration, with the work of each layer on each rank that has any.
struct IterationFacts: Equatable {
  var replica: Int
  var start: SimTime
  var end: SimTime
  var decodes: Int
  var prefillTokenLayers: Int
  var prefillRequests: Int
  var prefillLayers: Range<Int>
  var emitted: Int
  var waiting: Int
  var usedBlocks: Int
  var layers: [[LayerWork]]
  var cost: IterationCost
}

extension Observation {
  var requestFacts: [RequestFacts] {
    zip(requests, tokenTimes).map { request, tokenTimes in
      RequestFacts(
        number: request.id.number, isTurnedAway: request.outcome != .completed,
        tokenTimes: tokenTimes, firstScheduled: request.firstScheduled, firstToken: request.firstToken,
        cacheArrival: request.cacheArrival, finish: request.finish, largestGap: request.largestGap,
        preemptions: request.preemptions, cachedTokens: request.cachedTokens)
    }
  }

  var iterationFacts: [IterationFacts] {
    begun.map { begun in
      let iteration = begun.iteration
      return IterationFacts(
        replica: iteration.replica.number, start: iteration.start, end: iteration.end, decodes: iteration.decodes,
        prefillTokenLayers: iteration.prefillTokenLayers, prefillRequests: iteration.prefillRequests,
        prefillLayers: iteration.prefillLayers, emitted: iteration.emittedTokens, waiting: iteration.waiting,
        usedBlocks: iteration.usedBlocks, layers: begun.works.map(\.layerByLayer), cost: iteration.cost)
    }
  }
}

extension IterationWork {
  /// The work of each layer that has any.
  fileprivate var layerByLayer: [LayerWork] {
    segments.flatMap { segment in
      segment.layers.map { LayerWork(layers: $0..<$0 + 1, prefill: segment.prefill, decode: segment.decode) }
    }
  }
}

extension ReferenceEngine {
  var requestFacts: [RequestFacts] {
    requests.map { request in
      RequestFacts(
        number: request.number, isTurnedAway: request.isTurnedAway, tokenTimes: request.tokenTimes,
        firstScheduled: request.firstScheduled ?? request.arrival,
        firstToken: request.tokenTimes.first ?? request.arrival, cacheArrival: request.cacheArrival,
        finish: request.tokenTimes.last ?? request.arrival, largestGap: request.gaps.max() ?? .zero,
        preemptions: request.preemptions, cachedTokens: request.cachedTokens)
    }
  }

  var iterationFacts: [IterationFacts] {
    iterations.map { iteration in
      let shares = iteration.shares
      let pieces = shares.flatMap(\.pieces)
      let first = pieces.map(\.layers.lowerBound).min() ?? 0
      let last = pieces.map(\.layers.upperBound).max() ?? 0
      func sum(_ count: (ReferenceIteration.Share) -> Int) -> Int { shares.reduce(0) { $0 + count($1) } }
      return IterationFacts(
        replica: iteration.lane.number, start: iteration.start, end: iteration.end, decodes: sum(\.decodes),
        prefillTokenLayers: pieces.reduce(0) { $0 + $1.tokens.count * $1.layers.count },
        prefillRequests: pieces.count, prefillLayers: first..<last, emitted: sum(\.work.emittedTokens),
        waiting: sum(\.waiting), usedBlocks: sum(\.usedBlocks),
        layers: shares.map(\.work.segments).filter { !$0.isEmpty }, cost: iteration.cost)
    }
  }
}
