import Base

/// Weights of one kind: how many, and how they are stored.
struct ParameterGroup {
  var count: Double
  var format: NumberFormat
  var bytes: Double { count * format.bytesPerWeight }
}

extension Transformer {
  /// Weights of one projection set, its norms apart: Q, K, V, O, biases and sinks included; or, for latent attention,
  /// both ways down, both ways up, and O.
  private var attentionParameters: Double {
    if let latent = attention.latent { return parameters(of: latent) }
    let query = Double(attention.heads * attention.headDim)
    let keyValue = Double(2 * attention.kvHeads * attention.headDim)
    let width = Double(hidden)
    let biases = (attention.hasInputBias ? query + keyValue : 0) + (attention.hasOutputBias ? width : 0)
    return width * (query + keyValue) + query * width + biases + (attention.hasSinks ? Double(attention.heads) : 0)
  }

  private func parameters(of latent: Latent) -> Double {
    let width = Double(hidden)
    let queries = Double(attention.heads * latent.keyDim)
    let query = latent.queryRank.map { Double($0) * (width + queries) } ?? width * queries
    let decompressed = Double(latent.rank * attention.heads * latent.decompressedWidth)
    return query + width * Double(latent.cachedWidth) + decompressed
      + Double(attention.heads * latent.valueDim) * width
  }

  /// Weights of the norms inside attention.
  private var innerNormParameters: Int {
    attention.latent.map { ($0.queryRank ?? 0) + $0.rank } ?? (attention.hasQueryKeyNorm ? 2 * attention.headDim : 0)
  }

  private var tableParameters: Double {
    Double(vocabulary * (tiesEmbedding ? 1 : 2) + learnedPositions) * Double(hidden)
  }

  /// Every weight of the model by how it is stored: per layer two norms, projections, MLP or router and experts; then
  /// embedding, positions, LM head and the last norm. `active` weights are those that a token meets.
  func parameterGroups(active: Bool = false) -> [ParameterGroup] {
    let layers = Double(layerCount)
    let width = Double(hidden)
    let norms = layers * (2 * width + Double(innerNormParameters)) + width
    var groups = [
      ParameterGroup(count: norms + tableParameters, format: .bf16),
      ParameterGroup(count: layers * attentionParameters, format: attention.format),
    ]
    if let dense, sparseLayerCount < layerCount {
      let inner = Double(dense.intermediate)
      let biases = dense.hasBias ? Double(dense.inputs) * inner + width : 0
      let each = Double(dense.inputs + 1) * width * inner + biases
      groups.append(ParameterGroup(count: Double(layerCount - sparseLayerCount) * each, format: dense.format))
    }
    if let experts {
      let sparse = Double(sparseLayerCount)
      let count = Double(experts.count)
      let met = active ? Double(experts.topK) : count
      let biases = experts.hasBias ? met * (2 * Double(experts.intermediate) + width) + count : 0
      groups.append(ParameterGroup(count: sparse * (width * count + biases), format: .bf16))
      let inner = met * Double(experts.intermediate) + Double(experts.sharedIntermediate)
      groups.append(ParameterGroup(count: sparse * 3 * width * inner, format: experts.format))
    }
    return groups
  }

  /// Weights of the whole model.
  public var parameterCount: Double { parameterGroups().reduce(0) { $0 + $1.count } }

  /// Weights that a token meets: all but those of experts that it is not sent to.
  public var activeParameterCount: Double { parameterGroups(active: true).reduce(0) { $0 + $1.count } }

  /// Bytes of all weights, each in its format.
  public var weightBytes: Bytes { Bytes(parameterGroups().reduce(0) { $0 + $1.bytes }) }

  /// Bytes of one routed expert in one layer: gate, up and down matrices, biases left out; zero for a dense model.
  public var expertBytes: Bytes {
    guard let experts else { return .zero }
    return Bytes(3 * Double(hidden * experts.intermediate) * experts.format.bytesPerWeight)
  }

  /// Bytes of all experts, routed and shared, of all layers; zero for a dense model.
  public var allExpertBytes: Bytes {
    guard let experts else { return .zero }
    let inner = Double(experts.count * experts.intermediate + experts.sharedIntermediate)
    return Bytes(Double(sparseLayerCount) * 3 * Double(hidden) * inner * experts.format.bytesPerWeight)
  }

  /// Bytes of embedding, learned positions and LM head.
  public var tableBytes: Bytes { Bytes(tableParameters * NumberFormat.bf16.bytesPerWeight) }

  /// Bytes of keys and values, or of their latent, that one token leaves in one layer.
  public var kvBytesPerTokenAndLayer: Bytes {
    let values = attention.latent?.cachedWidth ?? 2 * attention.kvHeads * attention.headDim
    return Bytes(Double(values) * attention.cacheFormat.bytesPerValue)
  }

  /// Bytes of keys and values, or of their latents, that one token leaves in all layers.
  public var kvBytesPerToken: Bytes { kvBytesPerTokenAndLayer * Double(layerCount) }
}
