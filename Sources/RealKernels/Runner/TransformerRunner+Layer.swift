import HardwareModels

extension TransformerRunner {
  /// One layer: attention and experts, each added to the rows' states.
  mutating func run(_ layer: Int, of segment: RunnerLayout.Segment, _ batch: RunnerBatch) throws {
    try project(layer, segment)
    try mark(.layers)
    try attendDecodes(layer, segment, batch)
    try attendTiles(layer, segment, batch)
    try addAttention(layer, segment)
    try addExperts(layer, segment)
    try mark(.layers)
  }

  private var attention: Transformer.Attention { real.transformer.attention }
  private var hidden: Int { real.transformer.hidden }

  private func product(
    _ rows: Int, _ columns: Int, _ inner: Int, _ input: KernelBuffer, _ weights: KernelBuffer, to output: KernelBuffer
  ) throws {
    try real.kernels.gemm(
      rows: rows, columns: columns, inner: inner, input: input.all, weights: weights.all, output: output.all)
  }

  private func norm(_ rows: Int, _ width: Int, _ values: KernelBuffer, _ weights: KernelBuffer, to output: KernelBuffer)
    throws
  {
    try real.kernels.rmsNorm(
      rows: rows, width: width, epsilon: RealTransformer.epsilon, input: values.all, weights: weights.all,
      output: output.all)
  }

  /// Queries, keys and values of the rows; keys and values go into the cache.
  private func project(_ layer: Int, _ segment: RunnerLayout.Segment) throws {
    let weights = real.weights.layers[layer]
    let rows = segment.rows
    try norm(rows, hidden, workspace.hidden, weights.attentionNorm, to: workspace.normed)
    try place(
      weights.query, heads: attention.heads, weights.queryNorm, segment, via: workspace.attended, to: workspace.queries)
    try place(
      weights.key, heads: attention.kvHeads, weights.keyNorm, segment, via: workspace.values, to: workspace.keys)
    let keyWidth = attention.kvHeads * attention.headDim
    try product(rows, keyWidth, hidden, workspace.normed, weights.value, to: workspace.values)
    try real.kernels.writeCache(
      real.attention(layer, slotTokens: memory.slotTokens), tokens: rows, keys: workspace.keys.all,
      values: workspace.values.all, slots: indices(segment.slots), positions: indices(segment.positions),
      cache: memory.cache(layer))
  }

  /// A projection of the normed rows, norms of its heads where the model has them, and rotary positions.
  private func place(
    _ weights: KernelBuffer, heads: Int, _ headNorm: KernelBuffer?, _ segment: RunnerLayout.Segment,
    via scratch: KernelBuffer, to output: KernelBuffer
  ) throws {
    let width = heads * attention.headDim
    try product(segment.rows, width, hidden, workspace.normed, weights, to: headNorm == nil ? output : scratch)
    if let headNorm { try norm(segment.rows * heads, attention.headDim, scratch, headNorm, to: output) }
    try real.kernels.rope(
      tokens: segment.rows, heads: heads, headWidth: attention.headDim, theta: RealTransformer.ropeTheta,
      values: output.all, positions: indices(segment.positions))
  }

  private mutating func attendDecodes(_ layer: Int, _ segment: RunnerLayout.Segment, _ batch: RunnerBatch) throws {
    guard !batch.decodes.isEmpty else { return }
    try real.kernels.decodeAttention(
      real.attention(layer, slotTokens: memory.slotTokens), requests: batch.decodes.count,
      longestContext: layout.contexts.longest, queries: workspace.queries.all, slots: indices(segment.slots),
      contexts: indices(layout.contexts.first), cache: memory.cache(layer), output: workspace.attended.all)
    try mark(.decodeAttention)
  }

  private mutating func attendTiles(_ layer: Int, _ segment: RunnerLayout.Segment, _ batch: RunnerBatch) throws {
    guard !segment.tiles.isEmpty else { return }
    let width = attention.heads * attention.headDim
    var row = batch.decodes.count
    for index in segment.tiles {
      let tile = batch.tiles[index]
      try real.kernels.prefillAttention(
        real.attention(layer, slotTokens: memory.slotTokens), tokens: tile.tokens.count,
        past: tile.tokens.lowerBound, slot: tile.slot, queries: workspace.queries.from(row * width),
        cache: memory.cache(layer), output: workspace.attended.from(row * width))
      row += tile.tokens.count
    }
    try mark(.prefillAttention)
  }

  private func addAttention(_ layer: Int, _ segment: RunnerLayout.Segment) throws {
    let output = real.weights.layers[layer].output
    try product(
      segment.rows, hidden, attention.heads * attention.headDim, workspace.attended, output, to: workspace.added)
    try add(segment.rows)
  }

  private func add(_ rows: Int) throws {
    try real.kernels.add(count: rows * hidden, source: workspace.added.all, target: workspace.hidden.all)
  }

  private func addExperts(_ layer: Int, _ segment: RunnerLayout.Segment) throws {
    let weights = real.weights.layers[layer]
    let experts = real.experts
    let ids = workspace.expertIDs.from(layer * workspace.rows * experts.topK)
    try norm(segment.rows, hidden, workspace.hidden, weights.expertNorm, to: workspace.normed)
    try product(segment.rows, experts.count, hidden, workspace.normed, weights.router, to: workspace.routerLogits)
    try real.kernels.route(
      tokens: segment.rows, experts: experts.count, expertsPerToken: experts.topK,
      logits: workspace.routerLogits.all, expertIDs: ids, expertWeights: workspace.expertWeights.all)
    let shape = MoEShape(
      tokens: segment.rows, hidden: hidden, intermediate: experts.intermediate, experts: experts.count,
      expertsPerToken: experts.topK)
    try real.kernels.moe(
      shape,
      MoEOperands(
        input: workspace.normed.all, expertIDs: ids, expertWeights: workspace.expertWeights.all,
        gateUp: weights.gateUp.all, down: weights.down.all, output: workspace.added.all))
    try add(segment.rows)
  }
}

extension TransformerRunner {
  /// Distinct experts that each layer call of the last batch went to: for each run of layers its rows and one count a
  /// layer. Counted from the routing itself, after the fact.
  func distinctExperts() throws -> [(segment: RunnerLayout.Segment, counts: [Int])] {
    let topK = real.experts.topK
    return try layout.segments.map { segment in
      let counts = try segment.layers.map { layer in
        let first = layer * workspace.rows * topK
        let ids = try workspace.expertIDs.downloadIntegers(first..<first + segment.rows * topK)
        var isTouched = [Bool](repeating: false, count: real.experts.count)
        for id in ids { isTouched[Int(id)] = true }
        return isTouched.count { $0 }
      }
      return (segment, counts)
    }
  }
}
