import Base
import Traces

/// A figure that vLLM's benchmark client gives of a run.
public struct ClientFigure: Hashable, Sendable {
  /// Its key in the client's file, unit included, such as `p99_ttft_ms`.
  public let key: String
  /// Its name in tables.
  public let title: String
  /// The unit of its value.
  public let unit: MetricUnit
  /// Its value; nil where the run has none.
  public let value: Double?
  /// Whether `compare-bench` shows it; the client's file has them all.
  let isCompared: Bool

  init(_ key: String, _ title: String, _ unit: MetricUnit, _ value: Double?, isCompared: Bool = true) {
    self.key = key
    self.title = title
    self.unit = unit
    self.value = value
    self.isCompared = isCompared
  }
}

extension ClientRun {
  /// Every figure of the run, by the client's formulas (vllm-project/vllm, `vllm/benchmarks/serve.py`,
  /// `calculate_metrics`): ITL pools the gaps of all requests, TPOT is one number a request.
  public var figures: [ClientFigure] {
    let count = Double(answered.count)
    let prompts = Double(answered.reduce(0) { $0 + $1.promptTokens })
    let outputs = Double(answered.reduce(0) { $0 + $1.outputTokens })
    let seconds = duration.value
    let whole = [
      ClientFigure("duration", "duration", .seconds, seconds),
      ClientFigure("request_throughput", "request throughput", .requestsPerSecond, ratio(count, seconds)),
      ClientFigure("output_throughput", "output throughput", .tokensPerSecond, ratio(outputs, seconds)),
      ClientFigure("total_token_throughput", "total throughput", .tokensPerSecond, ratio(prompts + outputs, seconds)),
    ]
    return whole
      + Self.statistics("ttft", "TTFT", answered.map(\.timeToFirstToken))
      + Self.statistics("itl", "ITL", answered.flatMap(\.gaps))
      + Self.statistics("tpot", "TPOT", answered.compactMap(\.timePerOutputToken))
      + Self.statistics("e2el", "E2E", answered.map(\.endToEnd))
  }

  private static func statistics(_ key: String, _ title: String, _ lengths: [Seconds]) -> [ClientFigure] {
    let sample = ClientSample(lengths.map { $0.value * 1e3 })
    func figure(_ statistic: String, _ value: Double?, isCompared: Bool = true) -> ClientFigure {
      ClientFigure("\(statistic)_\(key)_ms", "\(title) \(statistic)", .milliseconds, value, isCompared: isCompared)
    }
    return [
      figure("mean", sample.mean),
      figure("median", sample.percentile(50), isCompared: false),
      figure("std", sample.standardDeviation, isCompared: false),
    ] + [50, 90, 95, 99].map { figure("p\($0)", sample.percentile(Double($0))) }
  }
}

extension ClientRun {
  /// The most tokens that came out in a whole second since the first request was sent.
  var mostTokensInASecond: Int {
    guard let first = answered.first?.sent else { return 0 }
    var counts: [Int] = []
    for request in answered {
      var moment = (request.sent - first).seconds + request.timeToFirstToken.value
      for gap in [Seconds.zero] + request.gaps {
        moment += gap.value
        let second = Int(moment)
        if second >= counts.count { counts += [Int](repeating: 0, count: second + 1 - counts.count) }
        counts[second] += 1
      }
    }
    return counts.max() ?? 0
  }

  /// The most requests that were sent and not yet answered at any moment; who leaves at a moment leaves first.
  var mostAtOnce: Int {
    let events = answered.flatMap { request in
      [(request.sent.seconds, 1), (request.sent.seconds + request.endToEnd.value, -1)]
    }
    var (now, most) = (0, 0)
    for (_, change) in events.sorted(by: <) {
      now += change
      most = max(most, now)
    }
    return most
  }
}

/// A measured run beside a simulated one, figure by figure, as a table with the error of the simulated.
public func benchmarkTable(measured: ClientRun, simulated: ClientRun) -> String {
  var table = TextTable([
    ("metric", .left), ("unit", .left), ("measured", .right), ("simulated", .right), ("error", .right),
  ])
  for (measured, simulated) in compared(measured, simulated) {
    table.add(comparisonRow(measured.title, measured.unit, [measured.value, simulated.value]))
  }
  return table.text
}

/// The same as one JSON object; an error is in per cent of the measured value.
public func benchmarkJSON(measured: ClientRun, simulated: ClientRun, policy: String, file: String) -> String {
  let figures = compared(measured, simulated).map { measured, simulated in
    let error = ratio(100 * ((simulated.value ?? 0) - (measured.value ?? 0)), measured.value)
    let values = [measured.value, simulated.value, simulated.value == nil ? nil : error].map { $0.map(exact) ?? "null" }
    return (
      measured.key,
      "{\"measured\": \(values[0]), \"simulated\": \(values[1]), \"error_pct\": \(values[2])}"
    )
  }
  let fields = [
    ("file", jsonString(file)), ("policy", jsonString(policy)), ("sending", jsonString(measured.sending.rawValue)),
    ("requests_measured", "\(measured.answered.count)"), ("requests_failed", "\(measured.failed.count)"),
    ("requests_simulated", "\(simulated.answered.count)"),
    ("figures", "{\n" + figures.map { "    \(jsonString($0)): \($1)" }.joined(separator: ",\n") + "\n  }"),
  ]
  return "{\n" + fields.map { "  \(jsonString($0)): \($1)" }.joined(separator: ",\n") + "\n}\n"
}

private func compared(_ measured: ClientRun, _ simulated: ClientRun) -> [(ClientFigure, ClientFigure)] {
  zip(measured.figures, simulated.figures).filter { $0.0.isCompared }
}
