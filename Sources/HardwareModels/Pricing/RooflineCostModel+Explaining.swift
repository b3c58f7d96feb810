import Base

/// What one operator costs in an iteration, over all layers that do it.
public struct OperatorCost: Hashable, Sendable {
  /// What it is called.
  public var name: String
  /// Layers that do it.
  public var layers: Int
  /// Time on the clock.
  public var duration: Seconds
  /// Arithmetic on all GPUs.
  public var flops: Flops
  /// Bytes on all GPUs.
  public var traffic: Traffic
  /// What limits it.
  public var bound: Bound
  /// The format in which it multiplies; nil where it does not.
  public var arithmetic: NumberFormat?
}

extension RooflineCostModel {
  /// What an iteration consists of, operator by operator, in the order it happens; the same formulas as ``cost(of:)``,
  /// whose duration is their sum. Experts count in expectation; with several attention ranks the work is that of one.
  public func explain(_ work: IterationWork) -> [OperatorCost] {
    let body = work.segments.flatMap { explain($0) }
    let embedded = embeddedTokens(of: work)
    let ends = sharded.endDemand(embedded: embedded, emitted: work.emittedTokens, sampling: sampling)
      .map { priced($0) }
    guard !body.isEmpty || !ends.isEmpty else { return [] }
    return [waiting("host", layers: 0, hostTime(of: work))] + body + transfers(of: work) + ends
  }

  /// Expected pairs of a token and an expert on the busiest GPU over those of the mean one, in a layer call of so many
  /// tokens; nil where experts are not spread over GPUs.
  public func expertImbalance(promptTokens: Int, decodeTokens: Int) -> Double? {
    guard sharded.spread != nil else { return nil }
    let product = sharded.expertProduct(TokenRows(prompt: promptTokens, decode: decodeTokens))
    return product.map { $0.share * Double(parallelism.expert) }
  }

  /// What stages send to the next one.
  private func transfers(of work: IterationWork) -> [OperatorCost] {
    stageLayers.indices.dropLast().compactMap { stage in
      let last = stageLayers[stage].upperBound - 1
      guard let segment = work.segments.first(where: { $0.layers.contains(last) }), segment.tokens > 0 else {
        return nil
      }
      return priced(sharded.transferDemand(tokens: segment.tokens, isAbroad: sendsAbroad(after: stage)))
    }
  }

  private func explain(_ segment: LayerWork) -> [OperatorCost] {
    let tokens = segment.prefill.tokens + segment.decode.requests
    let padding = engine.padding(tokens, hasPrompts: segment.prefill.tokens > 0)
    let operators = demand(of: segment, padding: padding ?? 0).map { priced($0) }
    guard padding == nil, !operators.isEmpty else { return operators }
    let gap = launchGap(segment)
    return gap > .zero ? operators + [waiting("launching", layers: segment.layers.count, gap)] : operators
  }

  /// The operators of a run of like layers; prompts and decodes share one where the engine has one kernel for both.
  private func demand(of work: LayerWork, padding: Int) -> [OperatorDemand] {
    var operators = sharded.demand(of: work, padding: padding)
    guard prices.attention.sharedTile != nil else { return operators }
    for index in operators.indices.dropLast().reversed() {
      guard case .prefillAttention(let prefill) = operators[index].kind,
        case .decodeAttention(let decode) = operators[index + 1].kind
      else { continue }
      operators[index].name = operators[index].name.replacing("prefill attention", with: "shared attention")
      operators[index].kind = .sharedAttention(prefill, decode)
      operators[index].flops += operators[index + 1].flops
      operators[index].traffic.lanes += operators[index + 1].traffic.lanes
      operators.remove(at: index + 1)
    }
    return operators
  }

  /// What launching eager layers adds where their kernels are shorter than that.
  private func launchGap(_ segment: LayerWork) -> Seconds {
    segment.layers.reduce(into: .zero) { gap, layer in
      let one = LayerWork(layers: layer..<layer + 1, prefill: segment.prefill, decode: segment.decode)
      let kernels = demand(of: one, padding: 0).reduce(Seconds.zero) { $0 + priced($1).duration }
      gap += max(.zero, engine.launchTimePerEagerLayer - kernels)
    }
  }

  private func waiting(_ name: String, layers: Int, _ duration: Seconds) -> OperatorCost {
    OperatorCost(name: name, layers: layers, duration: duration, flops: .zero, traffic: Traffic(), bound: .host)
  }

  private func priced(_ demand: OperatorDemand) -> OperatorCost {
    let time = prices.time(of: demand.kind)
    let layers = Double(demand.layers)
    return OperatorCost(
      name: demand.name, layers: demand.layers, duration: Seconds(time.seconds) * layers,
      flops: demand.flops * layers, traffic: demand.traffic * layers, bound: time.bound,
      arithmetic: demand.kind.arithmetic)
  }
}
