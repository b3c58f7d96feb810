import Base
import HardwareModels
import Traces

extension Deployment {
  /// GPUs of all replicas.
  public var gpuCount: Int { parallelism.gpuCount * replicas }

  /// The server that is simulated under a policy, or disaggregated.
  public func server(under name: String, serviceLevel: ServiceLevel) throws -> Simulation.Server {
    let pools = try pools(under: name)
    let handover = pools.dropFirst().first.map {
      Handover(
        to: $0.pool, over: cacheLink, bytesPerToken: model.kvBytesPerToken(tensorParallel: tensorParallel))
    }
    return Simulation.Server(
      of: pools[0].pool, handover: handover, router: router, seed: seed, attentionWindow: model.transformer.window,
      gpuCount: parallelism.gpuCount, serviceLevel: serviceLevel)
  }

  /// The replicas under a policy, or disaggregated the two pools of them, each with what people call it.
  public func pools(under name: String) throws -> [(title: String, pool: ReplicaPool)] {
    guard name == Disaggregation.name else { return [(name, try pool(under: name, of: replicas))] }
    let split = try Disaggregation(reading: settings(of: name))
    let decodeReplicas = try split.decodeReplicas(of: replicas)
    return [
      ("\(name), prefill", try pool(under: split.prefill, of: split.prefillReplicas)),
      ("\(name), decode", try pool(under: split.decode, of: decodeReplicas)),
    ]
  }

  private func pool(under name: String, of replicaCount: Int) throws -> ReplicaPool {
    let policy = try policy(name)
    let limits = ReplicaLimits(
      layerCount: model.transformer.layerCount, maxRequests: maxNumSeqs, maxModelLen: maxModelLen,
      blockCount: try memoryBudget(under: policy).blocks / parallelism.pipeline, tokensPerBlock: blockSize,
      tokensPerPrefixBlock: cachesPrefixes ? TraceRequest.tokensPerPrefixID : nil)
    return ReplicaPool(
      under: policy, limits: limits, replicaCount: replicaCount, ranks: parallelism.data, lanes: parallelism.pipeline)
  }

  /// What the file says about a policy, or about disaggregation.
  func settings(of name: String) throws -> ConfigNode {
    if let settings = policySettings.member(name) { return settings }
    let known = comparables.map(\.name)
    guard known.contains(name) else { throw policySettings.error(unknown: "policy", name, among: known) }
    throw policySettings.error("the policy \"\(name)\" has no settings")
  }

  /// Reads what the file says about each policy, compared or not. Whether there are replicas for two pools matters only
  /// where they are asked for.
  func checkPolicySettings() throws {
    for name in compared + (policySettings.members ?? []).map(\.key) {
      if name == Disaggregation.name {
        _ = try Disaggregation(reading: settings(of: name))
      } else {
        _ = try policy(name)
      }
    }
  }
}

extension CacheLink {
  /// `bandwidthBytesPerSecondPerGPU`, `latencySeconds` and `joulesPerByte`; the GPUs that have a request's cache send side by
  /// side.
  init(reading node: ConfigNode, gpus: Int) throws {
    var fields = try ConfigFields(node)
    let bandwidth: BytesPerSecond = try fields.quantity("bandwidthBytesPerSecondPerGPU")
    self.init(
      bandwidth: bandwidth * Double(gpus),
      latency: try fields.quantity("latencySeconds", in: 0...1e6),
      energyPerByte: try fields.optional("joulesPerByte").map { JoulesPerByte(try $0.number(in: .nonNegative)) })
    try fields.finish()
  }
}
