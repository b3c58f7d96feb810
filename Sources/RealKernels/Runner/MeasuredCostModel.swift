import Base
import HardwareModels

/// Times of a real transformer's operators, measured one batch at a time with no policy and no workload in sight.
public struct OperatorTimes: Sendable {
  /// A layer without attention, by rows that are prompt tokens.
  public let promptLayer: TimeTable
  /// A layer without attention, by rows that are decoded tokens.
  public let decodeLayer: TimeTable
  /// Prefill attention of a layer, by requests, tokens, attended pairs and cached tokens read.
  public let prefillAttention: LinearTime
  /// Decode attention of a layer, by 1, requests and attended tokens.
  public let decodeAttention: LinearTime
  /// Last norm, LM head and choice, by tokens that come out.
  public let ends: TimeTable
  /// Laying out a batch, embedding it and moving its states, by 1 and rows.
  public let entry: LinearTime
}

/// Prices iterations by measured times of operators. Expert bytes are those of the model's routing; other traffic and
/// arithmetic are the model's demand; energy is not metered.
public struct MeasuredCostModel: CostModel {
  /// What is priced.
  public let model: Model
  /// What its operators take.
  public let times: OperatorTimes

  /// A model at these times.
  public init(_ model: Model, times: OperatorTimes) {
    self.model = model
    self.times = times
  }

  /// Nobody meters it.
  public var idlePower: Watts { Watts(.nan) }

  /// The sum over layers, then what comes before and after them.
  public mutating func cost(of work: IterationWork) -> IterationCost {
    var cost = IterationCost()
    var rows = 0
    for segment in work.segments {
      cost.kernelTime += Seconds(Double(segment.layers.count) * layerSeconds(segment))
      rows += segment.prefill.tokens + segment.decode.requests
      add(model.demand(of: segment, tensorParallel: 1), to: &cost)
    }
    let first = work.segments.first { $0.layers.lowerBound == 0 }
    let embedded = first.map { $0.prefill.tokens + $0.decode.requests } ?? 0
    add(model.endDemand(embedded: embedded, emitted: work.emittedTokens, tensorParallel: 1), to: &cost)
    cost.kernelTime += Seconds(times.ends.seconds(work.emittedTokens))
    cost.duration = cost.kernelTime + Seconds(times.entry.seconds([1, Double(rows)]))
    cost.energy = .unmetered
    return cost
  }

  /// Decoded tokens at the time that they take alone, and prompt tokens at what they add to so many rows.
  private func layerSeconds(_ segment: LayerWork) -> Double {
    let (prefill, decode) = (segment.prefill, segment.decode)
    let table = times.promptLayer
    var seconds = times.decodeLayer.seconds(decode.requests)
    seconds += table.seconds(decode.requests + prefill.tokens) - table.seconds(decode.requests)
    if decode.requests > 0 {
      seconds += times.decodeAttention.seconds([1, Double(decode.requests), Double(decode.contextTokens)])
    }
    let counts = [prefill.requests, prefill.tokens, prefill.attendedPairs, prefill.cachedTokensRead]
    return seconds + times.prefillAttention.seconds(counts.map { Double($0) })
  }

  private func add(_ operators: [OperatorDemand], to cost: inout IterationCost) {
    for operation in operators {
      cost.flops += operation.flops * Double(operation.layers)
      cost.traffic += operation.traffic * Double(operation.layers)
    }
  }
}
