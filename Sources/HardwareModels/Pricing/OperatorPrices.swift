import Base

/// The price of every kind of operator on one GPU under one engine. Knows no model.
struct OperatorPrices {
  let engine: EngineProfile
  let gpu: GPU
  let interconnect: Interconnect
  let attention: AttentionPrices

  init(_ engine: EngineProfile, _ gpu: GPU, headDim: Int, interconnect: Interconnect = .oneDomain) {
    self.engine = engine
    self.gpu = gpu
    self.interconnect = interconnect
    attention = AttentionPrices(engine, gpu, headDim: headDim)
  }

  func time(of kind: OperatorDemand.Kind) -> OperatorTime {
    switch kind {
    case .matrixProduct(let product): time(of: product)
    case .experts(let product): time(of: product)
    case .prefillAttention(let work): time(of: work)
    case .decodeAttention(let work): time(of: work)
    case .sharedAttention(let prefill, let decode): time(of: prefill, beside: decode)
    case .latentPrefill(let work): time(ofPrefill: work)
    case .latentDecode(let work): time(ofDecode: work)
    case .allReduce(let bytes, let gpus): time(ofSumming: bytes, over: gpus)
    case .allToAll(let exchange): time(of: exchange)
    case .transfer(let bytes, let isAbroad): time(ofSending: bytes, isAbroad: isAbroad)
    case .randomSampling(let requests): time(ofSampling: requests)
    case .elementwise(let bytes, let kernels): time(ofMoving: bytes, kernels: kernels)
    }
  }

  private func peak(_ format: NumberFormat) -> Double {
    guard let peak = gpu.peak(for: format) else { preconditionFailure("\(gpu.name) cannot multiply \(format)") }
    return peak.value
  }

  private func time(of product: MatrixProduct) -> OperatorTime {
    guard let form = engine.form(for: product.format, rows: product.rows) else {
      preconditionFailure("\(engine.name) has no matrix product in \(product.format)")
    }
    let rows = Double(product.rows)
    let columns = Double(product.columns)
    let inner = Double(product.inner)
    let count = Double(product.count)
    let inWaves = form.waves?.elements(rows: product.rows, columns: product.columns, products: product.count)
    let elements = inWaves ?? count * rows * columns
    let compute = 2 * elements * inner / (form.flopEfficiency * peak(product.arithmetic))
    let bytes = count * (columns * inner * product.format.bytesPerWeight + 2 * rows * (columns + inner))
    let bandwidth = gpu.memoryBandwidth.value
    let memory = bytes / (form.bandwidthEfficiency * bandwidth)
    let quantization = product.arithmetic == product.format ? form.quantizationEfficiency : nil
    let quantizing = quantization.map { count * 3 * rows * inner / ($0 * bandwidth) } ?? 0
    let latency = form.start.value + (form.timePerInnerRow?.value ?? 0) * inner
    let seconds = latency + overlapped(compute, memory, form.overlapExponent) + quantizing
    return OperatorTime(seconds, compute: compute, memory: memory + quantizing, latency: latency)
  }

  private func form(for product: ExpertProduct) -> ExpertProductForm {
    var experts = Transformer.Experts(
      count: product.count, topK: product.topK, intermediate: product.wholeIntermediate)
    experts.format = product.format
    guard let form = engine.form(for: experts, hidden: product.hidden, shard: product.intermediate) else {
      preconditionFailure("\(engine.name) has no experts in \(product.format)")
    }
    return form
  }

  /// How high the tiles are, and how many of them are launched side by side.
  private func tile(of product: ExpertProduct, _ form: ExpertProductForm) -> (rows: Int, group: Int) {
    if let heights = form.tileRows { return (height(for: product, within: heights), 1) }
    guard let tiling = engine.tiling(product.format, experts: product.held, shard: product.intermediate) else {
      preconditionFailure("a profile says how experts are cut")
    }
    let step = tiling.step(tokens: product.rows, experts: product.held)
    return (step.rows, step.group)
  }

  /// The least power of two that holds the rows of an expert if all have as many. Autotuned kernels are tried with a power
  /// of two of tokens at random, where every other expert has more rows than that: they have to be higher than it.
  private func height(for product: ExpertProduct, within heights: ClosedRange<Int>) -> Int {
    let isAutotuned = engine.autotunedExperts.contains(product.format)
    let tokens = isAutotuned ? product.rows.powerOfTwoBelow : product.rows
    let share = Double(tokens) * Double(product.topK) / Double(product.count)
    var height = heights.lowerBound
    while Double(height) < share || (isAutotuned && Double(height) == share), height < heights.upperBound {
      height *= 2
    }
    return height
  }

  func time(of product: ExpertProduct) -> OperatorTime {
    let form = form(for: product)
    let bandwidth = gpu.memoryBandwidth.value
    let tile = tile(of: product, form)
    let tiles = product.load.tiles(ofHeight: tile.rows)
    let hidden = Double(product.hidden)
    let columns = form.tileColumns
    let padded = Double((product.intermediate + columns - 1) / columns * columns)
    let weights = 3 * hidden * padded * product.format.bytesPerWeight
    let sharing = Double(min(tile.group, ExpertProductForm.sharingTiles))
    let reread = form.rereadShare(ofExpert: weights) / sharing
    let read = product.load.distinct + (tiles - product.load.distinct) * reread
    let memory = weights * read / (form.bandwidthEfficiency * bandwidth)
    let rows = max(tiles * Double(tile.rows), product.assignments)
    let spill = form.spill?.factor(tokens: 2 * Double(product.rows) * hidden) ?? 1
    let compute = 6 * hidden * padded * rows / (form.flopEfficiency * peak(product.arithmetic)) * spill
    let moved = product.activationBytes + (engine.expertsPassOverForeignPairs ? product.foreignBytes : 0)
    let activations = form.activationEfficiency.map { moved / ($0 * bandwidth) } ?? 0
    let seconds = form.start.value + overlapped(memory, compute, form.overlapExponent) + activations
    let factor = form.correction?.factor(at: product.rows) ?? 1
    return OperatorTime(
      seconds * factor, compute: compute * factor, memory: (memory + activations) * factor,
      latency: form.start.value * factor)
  }

  private func time(of work: DecodeAttention) -> OperatorTime {
    let parts = attention.parts(work)
    let latency = attention.decodeStart + parts.heads
    return OperatorTime(attention.seconds(work), memory: parts.memory, latency: latency)
  }

  private func time(of work: PrefillAttention) -> OperatorTime {
    let parts = attention.parts(work)
    return OperatorTime(
      attention.seconds(work), compute: parts.compute, memory: parts.memory,
      latency: attention.prefillStart + attention.walk(work))
  }

  private func time(of prefill: PrefillAttention, beside decode: DecodeAttention) -> OperatorTime {
    let parts = attention.parts(prefill)
    let decodes = attention.parts(decode)
    return OperatorTime(
      attention.seconds(prefill, beside: decode), compute: parts.compute, memory: parts.memory + decodes.memory,
      latency: attention.prefillStart + attention.walk(prefill))
  }

  private func time(ofDecode work: LatentAttention) -> OperatorTime {
    guard let form = engine.mlaDecodeAttention else { preconditionFailure("\(engine.name) has no latent attention") }
    let memory = (work.cachedBytes + work.queryBytes) / (form.bandwidthEfficiency * gpu.memoryBandwidth.value)
    let padding = Double(max(work.heads, form.leastHeads)) / Double(work.heads)
    let compute = work.flops * padding / (form.flopEfficiency * gpu.peakBF16.value)
    let seconds = form.start.value + overlapped(memory, compute, form.overlapExponent)
    return OperatorTime(seconds, compute: compute, memory: memory, latency: form.start.value)
  }

  private func time(ofPrefill work: LatentAttention) -> OperatorTime {
    guard let form = engine.form(for: work.variant) else {
      preconditionFailure("\(engine.name) has no \(work.variant) latent attention")
    }
    let compute = work.flops / (form.flopEfficiency * gpu.peakBF16.value)
    let memory = (work.cachedBytes + work.queryBytes) / (form.bandwidthEfficiency * gpu.memoryBandwidth.value)
    let walk = form.timePerContextToken.value * Double(work.cachedTokens) / Double(work.requests)
    let start = form.start.value
    return OperatorTime(
      start + max(walk, compute) + memory, compute: compute, memory: memory, latency: start + walk)
  }

  func time(ofSumming bytes: Double, over gpus: Int) -> OperatorTime {
    if let domains = interconnect.domains(of: gpus), domains > 1 {
      return timeAcrossDomains(ofSumming: bytes, over: gpus, domains: domains)
    }
    guard let form = engine.allReduces.first(where: { $0.gpus == gpus }) else {
      preconditionFailure("\(engine.name) has no all-reduce over \(gpus) GPUs")
    }
    var sent = bytes * 2 * Double(gpus - 1) / Double(gpus) / form.bandwidth.value
    if let second = form.secondStart?.value {
      sent = min(bytes * Double(gpus - 1) / form.bandwidth.value, second + sent)
    }
    let root = form.timePerRootMegabyte.value * (bytes / 1e6).squareRoot()
    let link = sent + root
    return OperatorTime(form.start.value + link, link: link, latency: form.start.value)
  }

  private func time(ofSampling requests: Int) -> OperatorTime {
    let seconds = engine.randomSamplingTimePerRequest.value * Double(requests)
    return OperatorTime(seconds, memory: seconds, latency: 0)
  }

  private func time(ofMoving bytes: Double, kernels: Int) -> OperatorTime {
    let start = engine.elementwise.start.value * Double(kernels)
    let memory = bytes / (engine.elementwise.bandwidthEfficiency * gpu.memoryBandwidth.value)
    return OperatorTime(start + memory, memory: memory, latency: start)
  }
}
