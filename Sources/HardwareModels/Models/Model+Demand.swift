import Base

/// A model's weights cut over the GPUs of a replica: what one of them holds, and how to count for all GPUs of an attention
/// rank. Routed experts are shared by the ranks.
struct ShardedModel {
  let model: Model
  let cut: Parallelism
  let transformer: Transformer
  /// How tokens spread over experts and their copies; nil for a dense model.
  let routing: ExpertRouting?
  /// Experts on their GPUs; nil where each is cut over all of these.
  let spread: ExpertSpread?
  /// Attention as one GPU does it.
  let attention: AttentionShard

  /// A model cut this way.
  init(model: Model, cut: Parallelism) {
    self.model = model
    self.cut = cut
    transformer = model.transformer
    attention = AttentionShard(transformer.attention, gpus: cut.tensor)
    let routing = model.routing?.withCopies(cut.redundantExperts)
    self.routing = routing
    spread = routing.flatMap { routing in
      model.transformer.experts.flatMap { experts in
        cut.expert > 1 ? ExpertSpread(routing, topK: experts.topK, over: cut.expert, cut.placement) : nil
      }
    }
  }

  /// GPUs that share the layers of an attention rank.
  var gpus: Int { cut.tensor }

  /// A dense matrix product that every GPU does a part of, or a copy of.
  /// - Parameter count: products of this shape side by side.
  func product(
    _ name: String, rows: TokenRows, columns: Int, inner: Int, format: NumberFormat, count: Int = 1
  ) -> OperatorDemand {
    var kind = MatrixProduct(rows: rows.all, columns: columns, inner: inner, format: format, count: count)
    kind.arithmetic = transformer.arithmetic(of: format)
    let tokens = Double(rows.tokens)
    let copies = count * gpus
    var traffic = Traffic()
    traffic[.denseWeights] = Bytes(Double(columns * inner * copies) * format.bytesPerWeight)
    traffic[.activations] = Bytes(2 * tokens * Double((columns + inner) * copies))
    let flops = Flops(2 * tokens * Double(columns * inner * copies))
    return OperatorDemand(name: name, layers: 1, kind: .matrixProduct(kind), flops: flops, traffic: traffic)
  }

  /// Kernels that read and write `width` BF16 values a token in all, on every GPU.
  func elementwise(_ name: String, rows: TokenRows, width: Int, kernels: Int, written: Double = 0) -> OperatorDemand {
    var traffic = Traffic()
    traffic[.activations] = Bytes(2 * Double(rows.tokens * width * gpus))
    traffic[.kvWrite] = Bytes(Double(rows.tokens) * written * Double(gpus))
    let bytes = Double(rows.all) * (Double(2 * width) + written)
    return OperatorDemand(
      name: name, layers: 1, kind: .elementwise(bytes: bytes, kernels: kernels), flops: .zero, traffic: traffic)
  }

  /// The sum over GPUs after a row-wise cut product; none on a single GPU. Each GPU sends 2 (n - 1) / n of it.
  func appendAllReduce(_ name: String, rows: TokenRows, to operators: inout [OperatorDemand]) {
    guard gpus > 1 else { return }
    var traffic = Traffic()
    traffic[.link] = Bytes(2 * Double(rows.tokens * transformer.hidden) * Double(2 * (gpus - 1)))
    let kind = OperatorDemand.Kind.allReduce(bytes: 2 * Double(rows.all * transformer.hidden), gpus: gpus)
    operators.append(OperatorDemand(name: name, layers: 1, kind: kind, flops: .zero, traffic: traffic))
  }
}

extension ShardedModel {
  /// Everything of one layer but attention and routed experts: what depends on the number of tokens only.
  func denseDemand(_ rows: TokenRows, isSparse: Bool) -> [OperatorDemand] {
    demandBeforeFeedForward(rows) + feedForwardDemand(rows, isSparse: isSparse) + demandAfterFeedForward(rows)
  }

  /// The projections around attention, and the norms.
  func demandBeforeFeedForward(_ rows: TokenRows) -> [OperatorDemand] {
    let hidden = transformer.hidden
    let format = transformer.attention.format
    var operators = [OperatorDemand]()
    operators.reserveCapacity(12)
    operators.append(elementwise("attention norm", rows: rows, width: 4 * hidden, kernels: 1))
    if let latent = transformer.attention.latent {
      appendProjections(of: latent, rows, to: &operators)
    } else {
      appendProjections(rows, to: &operators)
    }
    let attended = attention.heads * transformer.attention.valueDim
    operators.append(product("output projection", rows: rows, columns: hidden, inner: attended, format: format))
    appendAllReduce("attention all-reduce", rows: rows, to: &operators)
    operators.append(elementwise("feed-forward norm", rows: rows, width: 4 * hidden, kernels: 1))
    return operators
  }

  /// Queries, keys and values of grouped attention.
  private func appendProjections(_ rows: TokenRows, to operators: inout [OperatorDemand]) {
    let queries = attention.heads * attention.headDim
    let keysAndValues = 2 * attention.kvHeads * attention.headDim
    let isNormed = transformer.attention.hasQueryKeyNorm
    let rotated = queries + keysAndValues / 2
    operators.append(
      product(
        "qkv projection", rows: rows, columns: queries + keysAndValues, inner: transformer.hidden,
        format: transformer.attention.format))
    if transformer.attention.isRotary {
      operators.append(
        elementwise("rotary embedding", rows: rows, width: (isNormed ? 4 : 2) * rotated, kernels: isNormed ? 2 : 1))
    }
    operators.append(cacheWrite(rows, width: keysAndValues))
  }

  /// So many values of each token go into the cache.
  func cacheWrite(_ rows: TokenRows, width: Int) -> OperatorDemand {
    elementwise(
      "kv cache write", rows: rows, width: width, kernels: 1,
      written: attention.cacheFormat.bytesPerValue * Double(width))
  }

  /// The MLP of a dense layer; the router and the shared experts of a sparse one.
  func feedForwardDemand(_ rows: TokenRows, isSparse: Bool) -> [OperatorDemand] {
    guard isSparse else { return transformer.dense.map { mlpDemand($0, rows) } ?? [] }
    guard let experts = transformer.experts else { return [] }
    let router = product("router", rows: rows, columns: experts.count, inner: transformer.hidden, format: .bf16)
    guard experts.sharedIntermediate > 0 else { return [router] }
    let shared = Transformer.Dense(intermediate: experts.sharedIntermediate, format: experts.format)
    return [router] + mlpDemand(shared, rows, "shared ")
  }

  private func mlpDemand(_ mlp: Transformer.Dense, _ rows: TokenRows, _ prefix: String = "") -> [OperatorDemand] {
    let (hidden, inner) = (transformer.hidden, mlp.intermediate / gpus)
    let up = mlp.isGated ? "gate and up projection" : "up projection"
    return [
      product(prefix + up, rows: rows, columns: mlp.inputs * inner, inner: hidden, format: mlp.format),
      elementwise(prefix + "activation", rows: rows, width: (mlp.inputs + 1) * inner, kernels: 1),
      product(prefix + "down projection", rows: rows, columns: hidden, inner: inner, format: mlp.format),
    ]
  }

  /// What ends a layer.
  func demandAfterFeedForward(_ rows: TokenRows) -> [OperatorDemand] {
    var operators = [OperatorDemand]()
    appendAllReduce("feed-forward all-reduce", rows: rows, to: &operators)
    return operators
  }

  /// The routed experts of a layer as one GPU sees them, the busiest where they are spread; nil for a dense model.
  func expertProduct(_ rows: TokenRows) -> ExpertProduct? {
    guard let experts = transformer.experts, let routing else { return nil }
    var rows = rows
    // A rank sends no padding to experts on other ranks' GPUs.
    if cut.data > 1 { rows.padding = 0 }
    var product = ExpertProduct(
      rows: rows.all, hidden: transformer.hidden, intermediate: experts.intermediate / cut.gpusOfExpert,
      wholeIntermediate: experts.intermediate, count: experts.count, topK: experts.topK,
      load: routing.load(promptTokens: rows.prompt, decodeTokens: rows.decode, paddingTokens: rows.padding),
      format: experts.format)
    product.arithmetic = transformer.arithmetic(of: experts.format)
    if let spread {
      let busiest = spread.busiest(promptTokens: rows.prompt, decodeTokens: rows.decode)
      let share = busiest.pairs / (Double(rows.tokens) * Double(experts.topK))
      product.load.distinct = busiest.distinct
      product.load.excessTiles *= share
      product.assignments *= share
      product.held = cut.expertsHeld(of: experts.count)
      // Several ranks send tokens only where they are needed.
      if cut.data == 1 { product.foreignPairs = Double(product.rows) * Double(product.topK) - product.assignments }
    }
    return product
  }

  /// Distinct experts that a layer call touches, on all GPUs; each copy of one that is touched counts, for its GPU reads it.
  func distinctExperts(_ rows: TokenRows) -> Double {
    routing.map { $0.load(promptTokens: rows.prompt, decodeTokens: rows.decode).distinct } ?? 0
  }

  /// The routed experts of a layer; nil for a dense model.
  func expertDemand(_ rows: TokenRows) -> OperatorDemand? {
    guard let product = expertProduct(rows) else { return nil }
    let pairs = Double(rows.tokens) * Double(product.topK)
    var traffic = Traffic()
    let distinct = spread == nil ? product.load.distinct : distinctExperts(rows)
    traffic[.expertWeights] = Bytes(distinct * product.bytesPerExpert * Double(cut.gpusOfExpert))
    traffic[.activations] = activationsOfExperts(product, tokens: Double(rows.tokens))
    let flops = Flops(pairs * 6 * Double(product.hidden * product.intermediate * cut.gpusOfExpert))
    return OperatorDemand(name: "experts", layers: 1, kind: .experts(product), flops: flops, traffic: traffic)
  }

  /// Every GPU has all tokens where experts are cut; where they are spread, a token is on as many as it has experts.
  private func activationsOfExperts(_ product: ExpertProduct, tokens: Double) -> Bytes {
    let pairs = tokens * Double(product.topK)
    guard spread != nil else { return Bytes(product.activationBytes(pairs: pairs, tokens: tokens) * Double(gpus)) }
    return Bytes(product.activationBytes(pairs: pairs, tokens: tokens * Double(min(cut.expert, product.topK))))
  }

  /// Embedding of the tokens that enter the first layer; then last norm, LM head and sampling of those that come out.
  func endDemand(embedded: Int, emitted: Int, sampling: SamplingMode = .greedy) -> [OperatorDemand] {
    var operators = [OperatorDemand]()
    if embedded > 0 {
      var lookup = elementwise(
        "embedding", rows: TokenRows(prompt: embedded, decode: 0), width: 2 * transformer.hidden, kernels: 1)
      lookup.traffic[.denseWeights] = lookup.traffic[.activations] / 2
      lookup.traffic[.activations] = lookup.traffic[.denseWeights]
      operators.append(lookup)
    }
    guard emitted > 0 else { return operators }
    let rows = TokenRows(prompt: 0, decode: emitted)
    let words = (transformer.vocabulary + gpus - 1) / gpus
    operators.append(elementwise("last norm", rows: rows, width: 4 * transformer.hidden, kernels: 1))
    operators.append(product("LM head", rows: rows, columns: words, inner: transformer.hidden, format: .bf16))
    operators.append(elementwise("sampling", rows: rows, width: 3 * words, kernels: 2))
    guard sampling == .random else { return operators }
    let drawing = OperatorDemand.Kind.randomSampling(requests: emitted)
    operators.append(
      OperatorDemand(name: "random sampling", layers: 1, kind: drawing, flops: .zero, traffic: Traffic()))
    return operators
  }
}
