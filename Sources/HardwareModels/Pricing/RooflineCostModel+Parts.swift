import Base

extension RooflineCostModel {
  /// What each part of an iteration takes, in the order of ``explain(_:)``; the same formulas as ``cost(of:)``, whose
  /// duration is their sum. Draws from the stream of experts what the next price will draw, and gives it back. Not known
  /// where there are several attention ranks or stages.
  public mutating func parts(of work: IterationWork) -> [IterationPart] {
    guard !isCut else { return [] }
    let stream = sampler
    defer { sampler = stream }
    var sums = Sums()
    let layers = work.segments.map { segment in
      let before = sums.elapsed
      add(segment, to: &sums)
      return IterationPart(.layers(segment), Seconds(sums.elapsed - before))
    }
    guard sums.kernels > 0 || work.emittedTokens > 0 else { return [] }
    let first = [
      IterationPart(.host, hostTime(of: work)),
      IterationPart(.embedding, Seconds(cost(of: .embedding, embeddedTokens(of: work)).seconds)),
    ]
    let last = IterationPart(.emission, Seconds(cost(of: .emission, work.emittedTokens).seconds))
    return (first + layers + [last]).filter { $0.duration > .zero }
  }

  @inline(__always)
  func hostTime(of work: IterationWork) -> Seconds {
    var (decodes, prefills) = (0, 0)
    for segment in work.segments {
      decodes = max(decodes, segment.decode.requests)
      prefills = max(prefills, segment.prefill.requests)
    }
    return engine.hostTimePerIteration + engine.hostTimePerRequest * Double(decodes + prefills)
  }

  @inline(__always)
  func embeddedTokens(of work: IterationWork) -> Int {
    work.segments.first { $0.layers.lowerBound == 0 }?.tokens ?? 0
  }
}
