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
  var finish: SimTime
  var largestGap: SimDuration
  var preemptions: Int
  var cachedTokens: Int
}

/// What a simulation says about an iteration, with the work of each layer.
struct IterationFacts: Equatable {
  var start: SimTime
  var end: SimTime
  var decodes: Int
  var prefillTokenLayers: Int
  var prefillRequests: Int
  var prefillLayers: Range<Int>
  var emitted: Int
  var waiting: Int
  var usedBlocks: Int
  var layers: [LayerWork]
  var cost: IterationCost
}

extension Observation {
  var requestFacts: [RequestFacts] {
    let ends = iterations.map(\.end)
    return requests.map { request in
      RequestFacts(
        number: request.id.number, isTurnedAway: request.outcome != .completed,
        tokenTimes: request.emissions.flatMap { ends[$0] }, firstScheduled: request.firstScheduled,
        firstToken: request.firstToken, finish: request.finish, largestGap: request.largestGap,
        preemptions: request.preemptions, cachedTokens: request.cachedTokens)
    }
  }

  var iterationFacts: [IterationFacts] {
    zip(iterations, works).map { iteration, work in
      IterationFacts(
        start: iteration.start, end: iteration.end, decodes: iteration.decodes,
        prefillTokenLayers: iteration.prefillTokenLayers, prefillRequests: iteration.prefillRequests,
        prefillLayers: iteration.prefillLayers, emitted: iteration.emittedTokens, waiting: iteration.waiting,
        usedBlocks: iteration.usedBlocks, layers: work.layerByLayer, cost: iteration.cost)
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
        firstToken: request.tokenTimes.first ?? request.arrival, finish: request.tokenTimes.last ?? request.arrival,
        largestGap: request.gaps.max() ?? .zero, preemptions: request.preemptions, cachedTokens: request.cachedTokens)
    }
  }

  var iterationFacts: [IterationFacts] {
    iterations.map { iteration in
      let layers = iteration.pieces.map(\.layers)
      let first = layers.map(\.lowerBound).min() ?? 0
      let last = layers.map(\.upperBound).max() ?? 0
      return IterationFacts(
        start: iteration.start, end: iteration.end, decodes: iteration.decodes,
        prefillTokenLayers: iteration.pieces.reduce(0) { $0 + $1.tokens.count * $1.layers.count },
        prefillRequests: iteration.pieces.count, prefillLayers: first..<last, emitted: iteration.emitted,
        waiting: iteration.waiting, usedBlocks: iteration.usedBlocks, layers: iteration.work.segments,
        cost: iteration.cost)
    }
  }
}
