import Base

extension RooflineCostModel {
  /// What each part of an iteration takes, in the order of ``explain(_:)``; the same formulas as ``cost(of:)``, whose
  /// duration is their sum. Draws from the stream of experts what the next price will draw, and gives it back.
  public mutating func parts(of work: IterationWork) -> [IterationPart] {
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

  func hostTime(of work: IterationWork) -> Seconds {
    let decodes = work.segments.map(\.decode.requests).max() ?? 0
    let prefills = work.segments.map(\.prefill.requests).max() ?? 0
    return engine.hostTimePerIteration + engine.hostTimePerRequest * Double(decodes + prefills)
  }

  func embeddedTokens(of work: IterationWork) -> Int {
    work.segments.first { $0.layers.lowerBound == 0 }.map { $0.prefill.tokens + $0.decode.requests } ?? 0
  }
}
