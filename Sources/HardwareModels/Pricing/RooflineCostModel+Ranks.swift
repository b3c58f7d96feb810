import Base

/// A replica of several attention ranks, or of several stages: what they do in one step.
extension RooflineCostModel {
  /// Into how many stages the layers are cut.
  public var stageCount: Int { parallelism.pipeline }

  /// Prices what attention ranks do in one step together. They meet at the experts of every layer, so each run of layers
  /// takes as long as its slowest rank: its own attention and dense products, and the experts and exchanges of all. A stage
  /// ends when what it did for its last layer has reached the next one. The host's time falls in equal parts on the stages
  /// that have work, for the rank with most requests. All GPUs of a stage draw their busy power while its busiest one is
  /// at the experts.
  public mutating func price(ranks: [IterationWork], stages: inout [Seconds], into cost: inout IterationCost) {
    precondition(ranks.count == parallelism.data, "every attention rank has its work")
    guard isCut else {
      price(ranks[0], into: &cost)
      stages = [cost.duration]
      return
    }
    let sums = stageLayers.indices.map { sumUp(ranks, stage: $0) }
    let busy = sums.count { $0.kernels > 0 }
    let host = ranks.reduce(Seconds.zero) { max($0, hostTime(of: $1)) }
    cost = IterationCost()
    stages = sums.map { stage in
      guard stage.kernels > 0 else { return .zero }
      let duration = Seconds(stage.elapsed) + host / Double(busy)
      cost += finish(stage, duration: duration)
      return duration
    }
  }

  /// Sums of a stage: times on the clock, the rest over all its GPUs; `link` and `sampling` are not used.
  private typealias StageSums = (
    elapsed: Double, kernels: Double, computing: Double, sampling: Double, flops: Double, traffic: SIMD8<Double>
  )

  private func finish(_ sums: StageSums, duration: Seconds) -> IterationCost {
    var cost = IterationCost()
    cost.duration = duration
    cost.kernelTime = Seconds(sums.kernels)
    cost.flops = Flops(sums.flops)
    cost.traffic.lanes = sums.traffic
    let gpus = Double(parallelism.stageGPUs)
    cost.energy =
      gpu.power?.energy(
        duration: duration, computeTime: Seconds(sums.computing / gpus), samplingTime: Seconds(sums.sampling / gpus),
        flops: cost.flops, traffic: cost.traffic, gpus: parallelism.stageGPUs) ?? .unmetered
    return cost
  }

  private mutating func sumUp(_ ranks: [IterationWork], stage: Int) -> StageSums {
    let layers = stageLayers[stage]
    var whole: StageSums = (0, 0, 0, 0, 0, SIMD8())
    var own = ranks.indices.map { Sums(rank: $0) }
    if stage == 0 {
      addEnds(.embedding, ranks.map { embeddedTokens(of: $0) }, to: &own, &whole)
    }
    var first = layers.lowerBound
    while first < layers.upperBound {
      let end = end(ofRunFrom: first, of: ranks, in: layers)
      add(first..<end, of: ranks, to: &own, &whole)
      first = end
    }
    if stage == stageCount - 1 {
      addEnds(.emission, ranks.map(\.emittedTokens), to: &own, &whole)
    } else {
      addTransfer(after: layers.upperBound - 1, of: ranks, isAbroad: sendsAbroad(after: stage), to: &whole)
    }
    for sums in own {
      whole.computing += Double(parallelism.tensor) * (sums.kernels - sums.link - sums.sampling)
      whole.sampling += Double(parallelism.tensor) * sums.sampling
      whole.flops += sums.flops
      whole.traffic += sums.traffic
      whole.traffic[TrafficClass.kvRead.rawValue] += sums.kvBytes
    }
    return whole
  }

  /// Where the run of layers ends that begins with this one and in which no rank changes its work.
  private func end(ofRunFrom first: Int, of ranks: [IterationWork], in layers: Range<Int>) -> Int {
    var end = layers.upperBound
    for rank in ranks {
      for segment in rank.segments {
        if segment.layers.lowerBound > first { end = min(end, segment.layers.lowerBound) }
        if segment.layers.upperBound > first { end = min(end, segment.layers.upperBound) }
      }
    }
    return end
  }

  private mutating func add(
    _ run: Range<Int>, of ranks: [IterationWork], to own: inout [Sums], _ whole: inout StageSums
  ) {
    let together = parallelism.data > 1 ? experts(of: ranks, in: run) : nil
    var (elapsed, kernels, idle) = (0.0, 0.0, 0)
    for rank in ranks.indices {
      guard let work = ranks[rank].work(in: run) else {
        idle += 1
        continue
      }
      let before = (own[rank].elapsed, own[rank].kernels)
      own[rank].together = together
      add(work, to: &own[rank])
      elapsed = max(elapsed, own[rank].elapsed - before.0)
      kernels = max(kernels, own[rank].kernels - before.1)
    }
    whole.elapsed += elapsed
    whole.kernels += kernels
    guard let together else { return }
    let sparse = Double(layerCounts(in: run).sparse)
    whole.computing += Double(idle * parallelism.tensor) * sparse * (together.seconds - together.linkSeconds)
    whole.traffic[TrafficClass.expertWeights.rawValue] += sparse * together.distinct * experts.bytesPerExpert
  }

  /// What one sparse layer of a run does for all ranks together: the experts, and tokens on their ways to and from them.
  private mutating func experts(of ranks: [IterationWork], in run: Range<Int>) -> ExpertCost? {
    var all = LayerWork(layers: run)
    var most = 0
    for rank in ranks {
      guard let work = rank.work(in: run) else { continue }
      all.prefill.tokens += work.prefill.tokens
      all.decode.requests += work.decode.requests
      most = max(most, work.tokens)
    }
    guard most > 0, layerCounts(in: run).sparse > 0 else { return nil }
    var cost = sampler == nil ? expertCost(all) : meanOfDrawnExperts(all)
    for phase in AllToAll.Phase.allCases {
      let exchange = sharded.exchange(phase, tokens: all.tokens, mostOfRank: most, share: cost.busiestShare)
      cost.linkSeconds += prices.time(of: exchange).seconds
    }
    cost.seconds += cost.linkSeconds
    return cost
  }

  private mutating func addEnds(_ part: Part, _ tokens: [Int], to own: inout [Sums], _ whole: inout StageSums) {
    var slowest = 0.0
    for (rank, tokens) in tokens.enumerated() where tokens > 0 {
      let cost = cost(of: part, tokens)
      addEnd(cost, to: &own[rank])
      slowest = max(slowest, cost.seconds)
    }
    whole.elapsed += slowest
    whole.kernels += slowest
  }

  private func addTransfer(
    after layer: Int, of ranks: [IterationWork], isAbroad: Bool, to whole: inout StageSums
  ) {
    var slowest = 0.0
    for rank in ranks {
      guard let work = rank.work(in: layer..<layer + 1) else { continue }
      let demand = sharded.transferDemand(tokens: work.tokens, isAbroad: isAbroad)
      slowest = max(slowest, prices.time(of: demand.kind).seconds)
      whole.traffic += demand.traffic.lanes
    }
    whole.elapsed += slowest
    whole.kernels += slowest
  }

  /// Whether some GPU of a stage has its like in the next one in another domain.
  func sendsAbroad(after stage: Int) -> Bool {
    prices.interconnect.separates(2 * parallelism.stageGPUs, from: stage * parallelism.stageGPUs)
  }
}

extension LayerWork {
  /// Tokens that pass these layers.
  var tokens: Int { prefill.tokens + decode.requests }
}

extension IterationWork {
  /// What is done in a run of layers within one of the segments; nil if nothing is.
  fileprivate func work(in run: Range<Int>) -> LayerWork? {
    guard
      let segment = segments.first(where: {
        $0.layers.lowerBound <= run.lowerBound && run.upperBound <= $0.layers.upperBound
      }),
      segment.tokens > 0
    else { return nil }
    return LayerWork(layers: run, prefill: segment.prefill, decode: segment.decode)
  }
}
