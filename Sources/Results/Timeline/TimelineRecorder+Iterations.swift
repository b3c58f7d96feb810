import Base
import HardwareModels
import Sim

extension TimelineRecorder {
  func draw(_ iteration: IterationRecord, on track: TimelineTrack) throws {
    let layers = iteration.prefillLayers
    let energy = iteration.cost.energy
    try file.add(
      .slice(
        work(prefills: iteration.prefillRequests > 0, decodes: iteration.decodes > 0), on: track,
        from: iteration.start, to: iteration.end,
        args: [
          "iteration": "\(iteration.index)", "decodes": "\(iteration.decodes)",
          "prefill_requests": "\(iteration.prefillRequests)",
          "prefill_token_layers": "\(iteration.prefillTokenLayers)",
          "first_layer": layers.first.map { "\($0)" }, "last_layer": layers.last.map { "\($0)" },
          "emitted_tokens": "\(iteration.emittedTokens)", "waiting": "\(iteration.waiting)",
          "expert_weights_bytes": exact(iteration.cost.traffic[.expertWeights].value),
          "energy_j": energy.isMetered ? exact(energy.total.value) : nil,
        ]))
  }

  /// The parts lie one after the other, each as wide as its share of the iteration; the last one ends with it.
  func drawParts(of iteration: IterationRecord, on track: TimelineTrack) throws {
    let whole = iteration.parts.reduce(Seconds.zero) { $0 + $1.duration }
    let nanoseconds = Double((iteration.end - iteration.start).nanoseconds)
    var (start, passed) = (iteration.start, Seconds.zero)
    for part in iteration.parts {
      passed += part.duration
      let share = passed.value / whole.value
      let end = iteration.start + SimDuration(nanoseconds: Int64((share * nanoseconds).rounded()))
      try file.add(slice(part.kind, on: track, from: start, to: end))
      start = end
    }
  }

  private func slice(
    _ kind: IterationPart.Kind, on track: TimelineTrack, from start: SimTime, to end: SimTime
  ) -> TraceEvent {
    switch kind {
    case .host: return .slice("host", on: track, from: start, to: end, args: [:])
    case .embedding: return .slice("embedding", on: track, from: start, to: end, args: [:])
    case .emission: return .slice("LM head and sampling", on: track, from: start, to: end, args: [:])
    case .layers(let run):
      let kind = work(prefills: run.prefill.requests > 0, decodes: run.decode.requests > 0)
      let last = run.layers.upperBound - 1
      let range = run.layers.count == 1 ? "layer \(last)" : "layers \(run.layers.lowerBound)-\(last)"
      return .slice(
        "\(kind), \(range)", on: track, from: start, to: end,
        args: ["prefill_tokens": "\(run.prefill.tokens)", "decodes": "\(run.decode.requests)"])
    }
  }

  /// What an iteration or a layer does, in words that Perfetto colours.
  private func work(prefills: Bool, decodes: Bool) -> String {
    prefills ? (decodes ? "prefill + decode" : "prefill") : "decode"
  }

  /// The counters while an iteration runs, from its beginning on.
  func count(_ iteration: IterationRecord, on track: TimelineTrack) throws {
    let cost = iteration.cost
    func gigabytes(_ kind: TrafficClass) -> String { exact(cost.traffic[kind].value / cost.duration.value / 1e9) }
    func add(_ name: String, _ values: TraceEvent.Members) throws {
      try file.add(TraceEvent("C", name, on: track, at: iteration.start, args: values))
    }
    try add(
      "requests",
      [
        "decoding": "\(iteration.decodes)", "prefilling": "\(iteration.prefillRequests)",
        "waiting": "\(iteration.waiting)",
      ])
    try add("KV cache", ["used blocks": "\(iteration.usedBlocks)"])
    try add(
      "HBM GB/s",
      [
        "dense weights": gigabytes(.denseWeights), "expert weights": gigabytes(.expertWeights),
        "KV read": gigabytes(.kvRead), "KV write": gigabytes(.kvWrite), "activations": gigabytes(.activations),
      ])
    guard cost.energy.isMetered else { return }
    try add("power", ["W": exact(cost.energy.total.value / cost.duration.value)])
  }
}
