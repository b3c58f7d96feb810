import Base

/// What connects the GPUs of a replica: domains, in which each reaches every other one over its link, and a network
/// between domains. GPUs are numbered stage by stage, in a stage rank by rank, and fill one domain after the other.
public struct Interconnect: Hashable, Sendable {
  /// What connects domains.
  public struct Network: Hashable, Sendable {
    /// What each GPU sends at most.
    public var bandwidth: BytesPerSecond
    /// From sending to receiving the first byte.
    public var latency: Seconds

    /// A network between domains.
    public init(bandwidth: BytesPerSecond, latency: Seconds) {
      self.bandwidth = bandwidth
      self.latency = latency
    }
  }

  /// GPUs of a domain.
  public var domainGPUs: Int
  /// From sending over a link to receiving the first byte.
  public var domainLatency: Seconds
  /// What connects domains; nil where nothing does.
  public var network: Network?

  /// An interconnect.
  public init(domainGPUs: Int, domainLatency: Seconds, network: Network?) {
    self.domainGPUs = domainGPUs
    self.domainLatency = domainLatency
    self.network = network
  }

  /// All GPUs in one domain, whose links have no latency.
  public static var oneDomain: Interconnect { Interconnect(domainGPUs: .max, domainLatency: .zero, network: nil) }

  /// Whether so many GPUs, beginning with one of this number, stand in more than one domain.
  func separates(_ count: Int, from first: Int = 0) -> Bool {
    first / domainGPUs != (first + count - 1) / domainGPUs
  }

  /// Domains that a group of so many GPUs spans, if it fills them; nil if it does not.
  func domains(of gpus: Int) -> Int? {
    guard gpus > domainGPUs else { return 1 }
    return gpus % domainGPUs == 0 ? gpus / domainGPUs : nil
  }
}

extension Interconnect {
  /// Reads the key `interconnect` of a deployment.
  public init(reading node: ConfigNode) throws {
    var fields = try ConfigFields(node)
    domainGPUs = try fields.integer("domainGPUs", in: 1...1024)
    domainLatency = try fields.quantity("domainLatencySeconds", in: 0...1)
    network = try fields.optional("network").map { node in
      var fields = try ConfigFields(node)
      let network = Network(
        bandwidth: try fields.quantity("bandwidthBytesPerSecondPerGPU"),
        latency: try fields.quantity("latencySeconds", in: 0...1))
      try fields.finish()
      return network
    }
    try fields.finish()
  }
}
