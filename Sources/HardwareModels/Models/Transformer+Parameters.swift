import Base

/// Weights of one kind: how many, and how they are stored.
struct ParameterGroup {
  var count: Double
  var format: NumberFormat
  /// Whether they are those of routed experts, which may be spread over more GPUs than the rest.
  var isRouted = false
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

  /// Embedding and positions before the first layer, last norm and LM head after the last one; where embedding and LM head
  /// are one matrix and these layers apart, both have it.
  private func tableParameters(of layers: Range<Int>) -> Double {
    let words = Double(vocabulary * hidden)
    let (isFirst, isLast) = (layers.lowerBound == 0, layers.upperBound == layerCount)
    let first = isFirst ? words + Double(learnedPositions * hidden) : 0
    return first + (isLast ? Double(hidden) + (isFirst && tiesEmbedding ? 0 : words) : 0)
  }

  /// Every weight of the model by how it is stored: per layer two norms, projections, MLP or router and experts; then
  /// embedding, positions, LM head and the last norm. `active` weights are those that a token meets. Of a run of layers,
  /// nil for all, with what stands before the first and after the last.
  func parameterGroups(active: Bool = false, of run: Range<Int>? = nil) -> [ParameterGroup] {
    let run = run ?? 0..<layerCount
    let layers = Double(run.count)
    let sparseLayerCount = sparseLayers[run].count { $0 }
    let width = Double(hidden)
    let norms = layers * (2 * width + Double(innerNormParameters))
    let tables = tableParameters(of: run)
    var groups = [
      ParameterGroup(count: norms + tables, format: .bf16),
      ParameterGroup(count: layers * attentionParameters, format: attention.format),
    ]
    if let dense, sparseLayerCount < run.count {
      let inner = Double(dense.intermediate)
      let biases = dense.hasBias ? Double(dense.inputs) * inner + width : 0
      let each = Double(dense.inputs + 1) * width * inner + biases
      groups.append(ParameterGroup(count: Double(run.count - sparseLayerCount) * each, format: dense.format))
    }
    if let experts {
      let sparse = Double(sparseLayerCount)
      let count = Double(experts.count)
      let met = active ? Double(experts.topK) : count
      let biases = experts.hasBias ? met * (2 * Double(experts.intermediate) + width) + count : 0
      groups.append(ParameterGroup(count: sparse * (width * count + biases), format: .bf16))
      let shared = sparse * 3 * width * Double(experts.sharedIntermediate)
      groups.append(ParameterGroup(count: shared, format: experts.format))
      let routed = sparse * 3 * width * met * Double(experts.intermediate)
      groups.append(ParameterGroup(count: routed, format: experts.format, isRouted: true))
    }
    return groups
  }

  /// Weights of the whole model.
  public var parameterCount: Double { parameterGroups().reduce(0) { $0 + $1.count } }

  /// Weights that a token meets: all but those of experts that it is not sent to.
  public var activeParameterCount: Double { parameterGroups(active: true).reduce(0) { $0 + $1.count } }

  /// Bytes of all weights, each in its format.
  public var weightBytes: Bytes { Bytes(parameterGroups().reduce(0) { $0 + $1.bytes }) }

  /// Bytes of the weights of a run of layers, each in its format, on each GPU of a stage: experts and their copies over
  /// all GPUs of it, the rest over those of an attention rank.
  func weightBytes(of layers: Range<Int>, cut: Parallelism) -> Bytes {
    let groups = parameterGroups(of: layers)
    func sum(_ groups: [ParameterGroup]) -> Double { groups.reduce(0) { $0 + $1.bytes } }
    guard cut.data > 1 || cut.redundantExperts > 0 else { return Bytes(sum(groups) / Double(cut.tensor)) }
    let copies = experts.map { Double($0.count + cut.redundantExperts) / Double($0.count) } ?? 1
    let routed = sum(groups.filter(\.isRouted)) * copies / Double(cut.stageGPUs)
    return Bytes(sum(groups.filter { !$0.isRouted }) / Double(cut.tensor) + routed)
  }

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
  public var tableBytes: Bytes {
    Bytes((tableParameters(of: 0..<layerCount) - Double(hidden)) * NumberFormat.bf16.bytesPerWeight)
  }

  /// Bytes of keys and values, or of their latent, that one token leaves in one layer.
  public var kvBytesPerTokenAndLayer: Bytes {
    let values = attention.latent?.cachedWidth ?? 2 * attention.kvHeads * attention.headDim
    return Bytes(Double(values) * attention.cacheFormat.bytesPerValue)
  }

  /// Bytes of keys and values, or of their latents, that one token leaves in all layers.
  public var kvBytesPerToken: Bytes { kvBytesPerTokenAndLayer * Double(layerCount) }
}
