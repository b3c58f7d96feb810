import Base
import HardwareModels

extension KernelTable.Row {
  /// The kernels a row is about. Attention of one new token behind others is decoding, any other is of prompts.
  func family() throws -> KernelFamily {
    switch table.schema {
    case .moe: .moe
    case .gemm: .gemm
    case .collectives: .collectives
    case .attention: try count("isl") == 1 && count("step", from: 0) > 0 ? .decode : .prefill
    case .latent: try count("isl") == 1 && count("step", from: 0) > 0 ? .mlaDecode : .mlaPrefill
    case .activation: .moe
    case .mixture: try count("prefill_chunk", from: 0) == 0 ? .decode : .prefill
    case .layers, .emission: try layerFamily()
    case .ceilings, .notes: preconditionFailure("\(table.file) has no kernels")
    }
  }

  /// Why no form of a profile is about this row; nil if one is.
  func reasonItHasNoForm(_ family: KernelFamily) -> String? {
    if table.schema.isOfLayers { return hasLayer ? nil : "the layer \(text("layer")), which no form is about" }
    switch family {
    case .moe, .gemm:
      if numberFormat(text("dtype")) == nil { return "weights in \(text("dtype"))" }
      if family == .moe, text("ep") != "1", text("distribution") != "balanced" {
        return "experts spread over GPUs under skew, which no table describes"
      }
      return nil
    case .prefill, .decode:
      if text("kv_cache_dtype") != "bfloat16" { return "a KV cache in \(text("kv_cache_dtype"))" }
      return ["bfloat16", "float32"].contains(text("attn_dtype")) ? nil : "attention in \(text("attn_dtype"))"
    case .mlaPrefill, .mlaDecode:
      if text("kv_cache_dtype") != "bfloat16" { return "a KV cache in \(text("kv_cache_dtype"))" }
      return text("mla_dtype") == "bfloat16" ? nil : "attention in \(text("mla_dtype"))"
    case .elementwise: return nil
    case .collectives: return text("op") == "all_reduce" ? nil : "\(text("op")), which no form is about"
    }
  }

  /// What filters may ask for beside the table's own columns.
  func derivedNames(_ family: KernelFamily) -> [String] {
    switch family {
    case .moe, .gemm: ["weight_bytes"]
    case .prefill, .decode: table.schema == .attention ? ["context", "kv_bytes"] : ["kv_bytes"]
    case .mlaPrefill, .mlaDecode: ["context", "kv_bytes"]
    case .elementwise, .collectives: []
    }
  }

  /// One of these: bytes of the weights that are touched; tokens before and with the new ones; bytes of their keys and
  /// values.
  func derived(_ name: String, _ family: KernelFamily, _ loads: inout LoadCache) throws -> Double {
    if name == "context" { return Double(try count("isl") + count("step", from: 0)) }
    switch try measurement(family, &loads).work {
    case .experts(let product): return product.bytesPerExpert * product.load.distinct
    case .matrixProduct(let product):
      return Double(product.columns) * Double(product.inner) * product.format.bytesPerWeight
    case .decodeAttention(let work): return work.cachedBytes
    case .latentPrefill(let work), .latentDecode(let work): return work.cachedBytes
    case .prefillAttention(let work): return 4 * Double(work.cachedTokens) * Double(work.kvHeads * work.headDim)
    case .sharedAttention(let work, let decode):
      return 4 * Double(work.cachedTokens + decode.contextTokens) * Double(work.kvHeads * work.headDim)
    default: preconditionFailure("\(family) has no column \(name)")
    }
  }

  /// The row as a measurement.
  func measurement(_ family: KernelFamily, _ loads: inout LoadCache) throws -> Measurement {
    if let profiled = table.profiled { return try layer(of: profiled, family) }
    switch family {
    case .moe: return try experts(&loads)
    case .gemm: return try matrixProduct()
    case .prefill: return try prefill()
    case .decode: return try decode()
    case .mlaPrefill: return try latentPrefill()
    case .mlaDecode: return try latentDecode()
    case .collectives: return try allReduce()
    case .elementwise: preconditionFailure("only tables of layers have elementwise kernels")
    }
  }

  private func format() throws -> NumberFormat {
    guard let format = numberFormat(text("dtype")) else {
      throw error("dtype", "no form is about weights in \"\(text("dtype"))\"")
    }
    return format
  }

  private func experts(_ loads: inout LoadCache) throws -> Measurement {
    let (tokens, whole, degree) = (try count("tokens"), try count("inter"), try count("tp"))
    let (experts, topK) = (try count("experts"), try count("topk"))
    guard topK <= experts else { throw error("topk", "\(topK) of \(experts) experts cannot be chosen") }
    let counts = try routedCounts(tokens: tokens, experts: experts, topK: topK)
    guard whole % degree == 0 else { throw error("tp", "\(degree) does not divide the width \(whole) of an expert") }
    var product = ExpertProduct(
      rows: tokens, hidden: try count("hidden"), intermediate: whole / degree, wholeIntermediate: whole,
      count: experts, topK: topK, load: loads.load(counts, tokens: tokens, experts: experts, topK: topK),
      format: try format())
    let gpus = try self["ep"] == nil ? 1 : count("ep")
    if gpus > 1 { try spread(&product, over: gpus) }
    let flops = 6 * product.assignments * Double(product.hidden) * Double(product.intermediate)
    let bytes = product.bytesPerExpert * product.load.distinct + 4 * Double(tokens) * Double(product.hidden)
    let places = "tp \(degree)\(gpus > 1 ? " ep \(gpus)" : "")"
    let series = "\(text("model")) \(text("dtype")) \(places), \(text("distribution"))"
    return Measurement(
      family: .moe, work: .experts(product), format: product.format, headDim: 128, seconds: try seconds(),
      model: text("model"), size: Double(tokens), series: series, flops: flops, bytes: bytes,
      label: "\(series), \(tokens) tokens")
  }

  /// What the first of so many GPUs does, where every expert has as many tokens and every GPU has all of them.
  private func spread(_ product: inout ExpertProduct, over gpus: Int) throws {
    guard product.count % gpus == 0 else { throw error("ep", "\(gpus) does not divide \(product.count) experts") }
    let pairs = product.assignments
    product.held = product.count / gpus
    let counts = Array(
      balancedCounts(tokens: product.rows, experts: product.count, topK: product.topK).prefix(product.held))
    product.load = ExpertLoad(counts: counts)
    product.assignments = Double(counts.reduce(0, +))
    product.foreignPairs = pairs - product.assignments
  }

  /// What the table counted where it did; otherwise what the name of its distribution says.
  private func routedCounts(tokens: Int, experts: Int, topK: Int) throws -> RoutedCounts {
    let column = "expert_tokens"
    guard let words = self[column] else {
      if let counts = RoutedCounts(text("distribution")) { return counts }
      throw error("distribution", "\"\(text("distribution"))\" is neither balanced nor power_law_NUMBER")
    }
    let counts = words.split(separator: " ").map { Int($0) ?? 0 }
    guard counts.count <= experts, counts.allSatisfy({ (1...tokens).contains($0) }),
      counts.reduce(0, +) == tokens * topK
    else {
      throw error(column, "\"\(words)\" is not how \(tokens) tokens choose \(topK) of \(experts) experts each")
    }
    return .counted(counts)
  }

  private func matrixProduct() throws -> Measurement {
    let product = MatrixProduct(
      rows: try count("m"), columns: try count("n"), inner: try count("k"), format: try format())
    let (rows, columns, inner) = (Double(product.rows), Double(product.columns), Double(product.inner))
    let bytes = columns * inner * product.format.bytesPerWeight + 2 * rows * (columns + inner)
    let series = "\(text("dtype")) n \(product.columns), k \(product.inner)"
    return Measurement(
      family: .gemm, work: .matrixProduct(product), format: product.format, headDim: 128, seconds: try seconds(),
      model: "", size: rows, series: series, flops: 2 * rows * columns * inner, bytes: bytes,
      label: "\(series), m \(product.rows)")
  }

  private func allReduce() throws -> Measurement {
    let gpus = try count("num_gpus", from: 2)
    let bytes = try number("bytes")
    let series = "\(gpus) GPUs, \(text("impl"))"
    return Measurement(
      family: .collectives, work: .allReduce(bytes: bytes, gpus: gpus), format: .bf16, headDim: 128,
      seconds: try seconds(), model: "", size: bytes, series: series, flops: 0, bytes: bytes,
      label: "\(series), \(Int(bytes)) bytes")
  }
}

/// The format that a table's word for weights stands for; nil if there is none.
func numberFormat(_ word: String) -> NumberFormat? {
  switch word {
  case "bfloat16": .bf16
  case "fp8", "fp8_block": .fp8
  case "w4a16_mxfp4": .mxfp4
  default: nil
  }
}
