import HardwareModels

extension ReferenceReplica {
  /// The planned iteration's work, counted layer by layer, request by request, token by token.
  var work: IterationWork {
    let counted = pieces.map { count($0.tokens) }
    let decode = decodeWork
    var segments: [LayerWork] = []
    for layer in allLayers {
      var prefill = PrefillWork()
      for (piece, work) in zip(pieces, counted) where piece.layers.contains(layer) { prefill += work }
      guard prefill.tokens > 0 || decode.requests > 0 else { continue }
      segments.append(LayerWork(layers: layer..<layer + 1, prefill: prefill, decode: decode))
    }
    let completed = pieces.count {
      $0.layers.contains(allLayers.count - 1) && $0.tokens.contains($0.request.prefillTokens - 1)
    }
    return IterationWork(segments: segments, emittedTokens: decodes.count + completed)
  }

  private var decodeWork: DecodeWork {
    var work = DecodeWork()
    for request in decodes {
      work.requests += 1
      work.contextTokens += request.length
      work.windowedContextTokens += attended(byToken: request.length - 1).count
    }
    return work
  }

  private func count(_ tokens: Range<Int>) -> PrefillWork {
    var work = PrefillWork()
    var windowStart = tokens.upperBound
    for token in tokens {
      work.tokens += 1
      work.attendedPairs += token + 1
      work.windowedPairs += attended(byToken: token).count
      windowStart = min(windowStart, attended(byToken: token).lowerBound)
    }
    work.cachedTokensRead = tokens.upperBound
    work.windowedTokensRead = tokens.upperBound - windowStart
    work.requests = 1
    return work
  }

  /// The tokens that a token attends to in a windowed layer, itself included.
  private func attended(byToken token: Int) -> Range<Int> {
    guard let window = settings.window else { return 0..<token + 1 }
    return max(0, token + 1 - window)..<token + 1
  }
}

extension PrefillWork {
  fileprivate static func += (left: inout Self, right: Self) {
    left.tokens += right.tokens
    left.attendedPairs += right.attendedPairs
    left.windowedPairs += right.windowedPairs
    left.cachedTokensRead += right.cachedTokensRead
    left.windowedTokensRead += right.windowedTokensRead
    left.requests += right.requests
  }
}
