/// What depends on a number of tokens only: one layer without attention and routed experts, or an end of the model.
struct TokenCost {
  /// Time on the GPU.
  var seconds = 0.0
  /// Time to launch a layer's kernels, below which it cannot take; zero where a CUDA graph launches them.
  var launchSeconds = 0.0
  /// The part of it in which GPUs sum over their link.
  var linkSeconds = 0.0
  /// The part of it in which tokens are drawn at random.
  var samplingSeconds = 0.0
  /// Arithmetic on all GPUs.
  var flops = 0.0
  /// Bytes on all GPUs.
  var traffic = SIMD8<Double>()

  /// Adds an operator.
  mutating func add(_ operation: OperatorDemand, _ prices: OperatorPrices) {
    let taken = prices.time(of: operation.kind).seconds
    seconds += taken
    switch operation.kind {
    case .allReduce, .allToAll, .transfer: linkSeconds += taken
    case .randomSampling: samplingSeconds += taken
    default: break
    }
    flops += operation.flops.value
    traffic += operation.traffic.lanes
  }

  /// Adds what experts do for so many tokens.
  @inline(__always)
  mutating func add(_ experts: ExpertCost, tokens: Int, _ shard: ExpertShard) {
    seconds += experts.seconds
    flops += Double(tokens) * shard.flopsPerToken
    traffic[TrafficClass.expertWeights.rawValue] += experts.distinct * shard.bytesPerExpert
    traffic[TrafficClass.activations.rawValue] += Double(tokens) * shard.activationBytesPerToken
    traffic[TrafficClass.link.rawValue] += Double(tokens) * shard.linkBytesPerToken
  }
}

/// What the routed experts of a layer cost, as far as it is not proportional to tokens.
struct ExpertCost {
  /// Time on the GPU.
  var seconds = 0.0
  /// The part of it in which tokens are on their way between GPUs.
  var linkSeconds = 0.0
  /// Experts touched on all GPUs.
  var distinct = 0.0
  /// The share of all pairs that the busiest GPU has.
  var busiestShare = 0.0
  /// The same where the weights are counted elsewhere.
  var withoutWeights: ExpertCost {
    var cost = self
    cost.distinct = 0
    return cost
  }

  /// No experts.
  init() {}

  /// What the experts cost at these prices, of which so many are touched.
  init(_ product: ExpertProduct, distinct: Double, _ prices: OperatorPrices) {
    seconds = prices.time(of: product).seconds
    self.distinct = distinct
    busiestShare = product.share
  }
}

/// The routed experts of a layer in plain numbers, over all GPUs; all zero for a dense model.
struct ExpertShard {
  private(set) var flopsPerToken = 0.0
  private(set) var activationBytesPerToken = 0.0
  private(set) var bytesPerExpert = 0.0
  private(set) var linkBytesPerToken = 0.0

  init(_ model: ShardedModel) {
    let token = TokenRows(prompt: 1, decode: 0)
    guard let one = model.expertDemand(token), let product = model.expertProduct(token) else { return }
    flopsPerToken = one.flops.value
    linkBytesPerToken = model.linkBytesOfExperts
    activationBytesPerToken = one.traffic[.activations].value
    bytesPerExpert = product.bytesPerExpert * Double(model.cut.gpusOfExpert)
  }
}
