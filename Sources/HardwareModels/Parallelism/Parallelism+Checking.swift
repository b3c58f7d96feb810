import Base

extension Parallelism {
  /// Whether tensor parallelism cuts heads, MLP and, where they are not spread, experts into equal parts, and gives every
  /// GPU whole key and value heads, copied if need be.
  func dividesEvenly(_ model: Model) -> Bool {
    let attention = model.transformer.attention
    guard attention.heads % tensor == 0 else { return false }
    guard attention.kvHeads % tensor == 0 || tensor % attention.kvHeads == 0 else { return false }
    let experts = model.transformer.experts
    let cut = experts.map { [$0.intermediate / gpusOfExpert * gpusOfExpert == $0.intermediate] } ?? []
    let widths = [model.transformer.dense?.intermediate, experts?.sharedIntermediate]
    return !cut.contains(false) && widths.allSatisfy { ($0 ?? 0) % tensor == 0 }
  }

  /// Whether a model can be cut this way. Errors name the key of a deployment that is about it, the one of tensor
  /// parallelism apart.
  func check(_ model: Model) throws {
    guard tensor >= 1, dividesEvenly(model) else {
      let degrees = model.tensorParallelDegrees.map(String.init).joined(separator: ", ")
      throw InputError(
        .config, "tensor parallelism over \(tensor) GPUs does not divide \(model.name) evenly",
        hint: "these do: \(degrees)")
    }
    try checkExperts(model)
    let layers = model.transformer.layerCount
    guard (1...layers).contains(pipeline) else {
      throw InputError(
        .config, place: "pipelineParallel", "\(layers) layers of \(model.name) do not make \(pipeline) stages")
    }
  }

  private func checkExperts(_ model: Model) throws {
    guard expert > 1 || redundantExperts == 0 else {
      throw InputError(
        .config, place: "redundantExperts", "experts that are not spread over GPUs have no copies",
        hint: stageGPUs > 1 ? "expertParallel would be \(stageGPUs)" : "a stage has one GPU")
    }
    guard let experts = model.transformer.experts else {
      guard expert == 1, data == 1 else {
        throw InputError(
          .config, place: expert > 1 ? "expertParallel" : "dataParallel",
          "\(model.name) has no experts that attention ranks could share", hint: "replicas serve it side by side")
      }
      return
    }
    guard expert > 1 else {
      guard data == 1 else {
        throw InputError(
          .config, place: "dataParallel",
          "\(data) attention ranks share experts that are spread over their GPUs; copies are not modelled",
          hint: "expertParallel would be \(stageGPUs)")
      }
      return
    }
    guard expert == stageGPUs else {
      throw InputError(
        .config, place: "expertParallel",
        "experts over \(expert) GPUs, and tensorParallel x dataParallel are \(stageGPUs)",
        hint: "1, or \(stageGPUs)")
    }
    try checkDivision(of: experts.count, of: model)
  }

  private func checkDivision(of count: Int, of model: Model) throws {
    let left = (count + redundantExperts) % expert
    guard left > 0 else { return }
    let more = redundantExperts + expert - left
    let fewer = redundantExperts - left
    let isPlain = redundantExperts == 0
    throw InputError(
      .config, place: isPlain ? "expertParallel" : "redundantExperts",
      "\(count) experts of \(model.name)\(isPlain ? "" : " with \(redundantExperts) redundant") do not divide among "
        + "\(expert) GPUs",
      hint: isPlain ? "redundantExperts=\(more) would fill them" : fewer >= 0 ? "\(fewer), or \(more)" : "\(more)")
  }

  /// Whether GPUs that must exchange something are connected, and the engine knows how.
  func checkLinks(_ gpu: GPU, _ engine: EngineProfile, _ interconnect: Interconnect) throws {
    let domain = interconnect.domainGPUs
    if gpuCount > domain {
      guard fills(domain, with: tensor), fills(domain, with: stageGPUs) else {
        throw InputError(
          .config, "\(stageGPUs) GPUs of a stage, \(tensor) of a rank, do not fill domains of \(domain) GPUs",
          hint: "interconnect.domainGPUs says how many share a link")
      }
      guard interconnect.network != nil else {
        throw InputError(
          .config, "\(gpuCount) GPUs stand in domains of \(domain), and no network is between these",
          hint: "interconnect.network is null")
      }
    }
    if tensor > 1 { try checkAllReduce(engine, interconnect) }
    if data > 1, engine.allToAlls.isEmpty {
      throw InputError(
        .config, place: "dataParallel", "the engine profile \(engine.name) has no all-to-all between attention ranks",
        hint: "it has all-reduces over: \(engine.knownAllReduces)")
    }
    if pipeline > 1, gpu.linkBandwidth == nil, !interconnect.separates(2 * stageGPUs) {
      throw InputError(
        .config, place: "pipelineParallel", "the GPU \(gpu.name) has no link to the next stage",
        hint: "with interconnect.domainGPUs=\(stageGPUs) stages send over the network")
    }
  }

  private func fills(_ domain: Int, with group: Int) -> Bool { domain % group == 0 || group % domain == 0 }

  private func checkAllReduce(_ engine: EngineProfile, _ interconnect: Interconnect) throws {
    let inside = min(tensor, interconnect.domainGPUs)
    guard inside > 1, !engine.allReduces.contains(where: { $0.gpus == inside }) else { return }
    throw InputError(
      .config, "the engine profile \(engine.name) has no all-reduce over \(inside) GPUs",
      hint: "it has: \(engine.knownAllReduces)")
  }
}

extension EngineProfile {
  /// The numbers of GPUs over which it sums, in words.
  fileprivate var knownAllReduces: String {
    allReduces.isEmpty ? "none" : allReduces.map { "\($0.gpus)" }.joined(separator: ", ")
  }
}
