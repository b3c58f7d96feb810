import HardwareModels
import RealKernels

/// A transformer in plain Float64, slow and obvious: the whole sequence through every layer, nothing cached.
struct ReferenceTransformer {
  private struct Layer {
    var attentionNorm: [Double]
    var query: [Double]
    var key: [Double]
    var value: [Double]
    var queryNorm: [Double]?
    var keyNorm: [Double]?
    var output: [Double]
    var expertNorm: [Double]
    var router: [Double]
    var gateUp: [Double]
    var down: [Double]
  }

  private let transformer: Transformer
  private let experts: Transformer.Experts
  private let embedding: [Double]
  private let head: [Double]
  private let lastNorm: [Double]
  private let layers: [Layer]

  init(_ real: RealTransformer, _ experts: Transformer.Experts) throws {
    func numbers(_ buffer: KernelBuffer) throws -> [Double] { try buffer.download().map { Double($0) } }
    transformer = real.model.transformer
    self.experts = experts
    embedding = try numbers(real.weights.embedding)
    head = try numbers(real.weights.head)
    lastNorm = try numbers(real.weights.lastNorm)
    layers = try real.weights.layers.map { layer in
      Layer(
        attentionNorm: try numbers(layer.attentionNorm), query: try numbers(layer.query), key: try numbers(layer.key),
        value: try numbers(layer.value), queryNorm: try layer.queryNorm.map(numbers),
        keyNorm: try layer.keyNorm.map(numbers), output: try numbers(layer.output),
        expertNorm: try numbers(layer.expertNorm), router: try numbers(layer.router),
        gateUp: try numbers(layer.gateUp), down: try numbers(layer.down))
    }
  }

  /// The logits behind each word.
  func logits(_ words: [Int32]) -> [[Double]] {
    let hidden = transformer.hidden
    var states = words.map { Array(embedding[Int($0) * hidden..<(Int($0) + 1) * hidden]) }
    for (index, layer) in layers.enumerated() {
      attend(&states, layer, window: transformer.windowedLayers[index] ? transformer.window : nil)
      for token in states.indices { add(mixture(norm(states[token], layer.expertNorm), layer), to: &states[token]) }
    }
    return states.map { Reference.product(norm($0, lastNorm), weights: head, columns: transformer.vocabulary) }
  }

  private func norm(_ row: [Double], _ weights: [Double]) -> [Double] {
    Reference.rmsNorm(row, weights: weights, epsilon: Double(RealTransformer.epsilon))
  }

  private func add(_ row: [Double], to state: inout [Double]) {
    for i in state.indices { state[i] += row[i] }
  }

  /// The heads of a projection, normed and turned to a position.
  private func heads(
    _ row: [Double], _ weights: [Double], count: Int, _ headNorm: [Double]?, position: Int?
  ) -> [[Double]] {
    let width = transformer.attention.headDim
    let all = Reference.product(row, weights: weights, columns: count * width)
    return (0..<count).map { head in
      var values = Array(all[head * width..<(head + 1) * width])
      if let headNorm { values = norm(values, headNorm) }
      guard let position else { return values }
      return Reference.rope(values, position: position, theta: Double(RealTransformer.ropeTheta))
    }
  }

  private func attend(_ states: inout [[Double]], _ layer: Layer, window: Int?) {
    let attention = transformer.attention
    let rows = states.map { norm($0, layer.attentionNorm) }
    let keys = rows.enumerated().map {
      heads($1, layer.key, count: attention.kvHeads, layer.keyNorm, position: $0)
    }
    let values = rows.map { heads($0, layer.value, count: attention.kvHeads, nil, position: nil) }
    for token in states.indices {
      let queries = heads(rows[token], layer.query, count: attention.heads, layer.queryNorm, position: token)
      let seen = max(0, token + 1 - (window ?? token + 1))...token
      let attended = queries.enumerated().flatMap { head, query in
        let kvHead = head / (attention.heads / attention.kvHeads)
        return Reference.attention(
          query: query, keys: seen.map { keys[$0][kvHead] }, values: seen.map { values[$0][kvHead] },
          scale: 1 / Double(attention.headDim).squareRoot())
      }
      add(Reference.product(attended, weights: layer.output, columns: transformer.hidden), to: &states[token])
    }
  }

  private func mixture(_ row: [Double], _ layer: Layer) -> [Double] {
    let inner = experts.intermediate
    let hidden = transformer.hidden
    let scores = Reference.product(row, weights: layer.router, columns: experts.count)
    return Reference.mixture(row, experts: Reference.route(scores, expertsPerToken: experts.topK), intermediate: inner)
    {
      let gateUp = Array(layer.gateUp[$0 * 2 * inner * hidden..<($0 + 1) * 2 * inner * hidden])
      return (gateUp, Array(layer.down[$0 * hidden * inner..<($0 + 1) * hidden * inner]))
    }
  }
}
