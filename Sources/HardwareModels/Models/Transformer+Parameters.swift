import Base

/// Weights of one kind: how many, and how they are stored.
struct ParameterGroup {
  var count: Double
  var format: NumberFormat
  var bytes: Double { count * format.bytesPerWeight }
}

extension Transformer {
  /// Weights of one projection set Q, K, V, O, biases and sinks included.
  private var attentionParameters: Double {
    let query = Double(attention.heads * attention.headDim)
    let keyValue = Double(2 * attention.kvHeads * attention.headDim)
    let width = Double(hidden)
    let biases = (attention.hasInputBias ? query + keyValue : 0) + (attention.hasOutputBias ? width : 0)
    return width * (query + keyValue) + query * width + biases + (attention.hasSinks ? Double(attention.heads) : 0)
  }

  /// Every weight of the model by how it is stored: per layer two norms, projections, router, experts or MLP; then
  /// embedding, LM head and the last norm.
  var parameterGroups: [ParameterGroup] {
    let layers = Double(layerCount)
    let width = Double(hidden)
    let norms = layers * (2 * width + (attention.hasQueryKeyNorm ? 2 * Double(attention.headDim) : 0)) + width
    let tables = Double(vocabulary) * width * (tiesEmbedding ? 1 : 2)
    var groups = [
      ParameterGroup(count: norms + tables, format: .bf16),
      ParameterGroup(count: layers * attentionParameters, format: attention.format),
    ]
    switch feedForward {
    case .dense(let intermediate, let format):
      groups.append(ParameterGroup(count: layers * 3 * width * Double(intermediate), format: format))
    case .experts(let experts):
      let count = Double(experts.count)
      let biases = experts.hasBias ? count * (2 * Double(experts.intermediate) + width) + count : 0
      groups.append(ParameterGroup(count: layers * (width * count + biases), format: .bf16))
      let matrices = layers * count * 3 * width * Double(experts.intermediate)
      groups.append(ParameterGroup(count: matrices, format: experts.format))
    }
    return groups
  }

  /// Weights of the whole model.
  public var parameterCount: Double { parameterGroups.reduce(0) { $0 + $1.count } }

  /// Bytes of all weights, each in its format.
  public var weightBytes: Bytes { Bytes(parameterGroups.reduce(0) { $0 + $1.bytes }) }

  /// Bytes of one routed expert in one layer: gate, up and down matrices, biases left out; zero for a dense model.
  public var expertBytes: Bytes {
    guard let experts else { return .zero }
    return Bytes(3 * Double(hidden * experts.intermediate) * experts.format.bytesPerWeight)
  }

  /// Bytes of keys and values that one token leaves in one layer, in BF16.
  public var kvBytesPerTokenAndLayer: Bytes { Bytes(2 * 2 * attention.kvHeads * attention.headDim) }

  /// Bytes of keys and values that one token leaves in all layers, in BF16.
  public var kvBytesPerToken: Bytes { kvBytesPerTokenAndLayer * Double(layerCount) }
}
