import Base

/// Tokens on their way to the experts of other GPUs, or what came of them on its way back.
public struct AllToAll: Hashable, Sendable {
  /// Which way.
  public enum Phase: String, CaseIterable, Sendable {
    /// To the experts.
    case dispatch
    /// Back from them.
    case combine
  }

  /// Which way.
  public var phase: Phase
  /// Most tokens of a GPU.
  public var tokens: Int
  /// Bytes that the busiest GPU sends or receives, in BF16.
  public var bytes: Double
  /// GPUs that take part.
  public var gpus: Int

  /// An exchange of this size.
  public init(phase: Phase, tokens: Int, bytes: Double, gpus: Int) {
    self.phase = phase
    self.tokens = tokens
    self.bytes = bytes
    self.gpus = gpus
  }
}

/// How long an all-to-all takes in which a GPU sends or receives S bytes: (a^p + (S / b)^p)^(1/p). Fitted to GPUs of one
/// domain.
public struct AllToAllForm: Hashable, Sendable {
  /// Which way.
  public var phase: AllToAll.Phase
  /// a.
  public var start: Seconds
  /// b.
  public var bandwidth: BytesPerSecond
  /// p.
  public var overlapExponent: Double
  /// The most tokens of a GPU that it takes; nil where there is no such limit.
  public var mostTokens: Int?

  /// A form with these parameters.
  public init(
    phase: AllToAll.Phase, start: Seconds, bandwidth: BytesPerSecond, overlapExponent: Double, mostTokens: Int? = nil
  ) {
    self.phase = phase
    self.start = start
    self.bandwidth = bandwidth
    self.overlapExponent = overlapExponent
    self.mostTokens = mostTokens
  }
}

extension AllToAllForm {
  /// Reads an entry of an engine profile's `allToAlls`.
  init(reading node: ConfigNode) throws {
    var fields = try ConfigFields(node)
    self.init(
      phase: try fields.required("phase").word("phase of an all-to-all"),
      start: try fields.quantity("startSeconds", in: .nonNegative),
      bandwidth: try fields.quantity("bytesPerSecond"),
      overlapExponent: try fields.number("overlapExponent", in: 1...100),
      mostTokens: try fields.optional("mostTokens")?.integer(in: 1...1_048_576))
    try fields.finish()
  }
}

extension OperatorPrices {
  /// By the quickest way that the engine has for so many tokens. Where GPUs of other domains take part, what goes to them
  /// crosses the network at the same time as the rest crosses links, at its full bandwidth; destinations are alike.
  func time(of exchange: AllToAll) -> OperatorTime {
    var quickest: OperatorTime?
    for form in engine.allToAlls where form.phase == exchange.phase && exchange.tokens <= form.mostTokens ?? .max {
      let way = time(of: exchange, by: form)
      if way.seconds < quickest?.seconds ?? .infinity { quickest = way }
    }
    guard let quickest else {
      preconditionFailure("\(engine.name) has no \(exchange.phase) for \(exchange.tokens) tokens")
    }
    return quickest
  }

  private func time(of exchange: AllToAll, by form: AllToAllForm) -> OperatorTime {
    let start = form.start.value
    let outside = max(0, exchange.gpus - interconnect.domainGPUs)
    let abroad = exchange.bytes * Double(outside) / Double(exchange.gpus - 1)
    var link = (exchange.bytes - abroad) / form.bandwidth.value
    var seconds = overlapped(start, link, form.overlapExponent)
    if outside > 0, let network = interconnect.network {
      let sent = network.latency.value + abroad / network.bandwidth.value
      link = max(link, sent)
      seconds = max(seconds, start + sent)
    }
    return OperatorTime(seconds, link: link, latency: start)
  }

  /// A sum over GPUs of several domains: summed in parts within each domain, part by part over the network in a ring, then
  /// collected. The sum within a domain is the engine's; the ring sends 2 (D - 1) / D of a part at full bandwidth, each of
  /// its 2 (D - 1) steps with the latency. Not fitted to any measurement.
  func timeAcrossDomains(ofSumming bytes: Double, over gpus: Int, domains: Int) -> OperatorTime {
    guard let network = interconnect.network else { preconditionFailure("domains are connected") }
    let inside = gpus > domains ? time(ofSumming: bytes, over: gpus / domains).seconds : 0
    let steps = 2 * Double(domains - 1)
    let part = bytes / Double(gpus / domains) / Double(domains)
    let ring = steps * (network.latency.value + part / network.bandwidth.value)
    return OperatorTime(inside + ring, link: inside + ring, latency: 0)
  }

  /// From one GPU to another: latency, then bytes at the bandwidth of the link, or of the network between domains.
  func time(ofSending bytes: Double, isAbroad: Bool) -> OperatorTime {
    guard let bandwidth = isAbroad ? interconnect.network?.bandwidth : gpu.linkBandwidth else {
      preconditionFailure("GPUs that send to each other are connected")
    }
    let latency = (isAbroad ? interconnect.network?.latency ?? .zero : interconnect.domainLatency).value
    let link = bytes / bandwidth.value
    return OperatorTime(latency + link, link: link, latency: latency)
  }
}
