import Pictures
import Results

/// What went on in the server, over time, all replicas together: requests in flight, decode batch, KV cache.
enum Timelines: FigureKind {
  static let title = "In flight, decoding, KV cache over time"
  static let name = "timelines"
  static let command = "lpsim run --record iterations"
  private static let binCount = 240

  private static let titles = ["Requests in flight", "Decode batch", "KV blocks in use"]
  private static let columns = ["in_flight", "decodes", "kv_blocks"]

  /// A run in stretches of time, one value for each title; times in seconds.
  private struct Timeline {
    let policy: String
    let quantities: [TimeBins]
  }

  static func figures(of subject: Subject) throws -> [Figure] {
    guard case .comparison(let runs, let file) = subject else { return [] }
    let recorded = try runs.map { (policy: $0.result.run.policy, changes: try changes(in: $0, of: file)) }
      .filter { !$0.changes[1].isEmpty }
    guard let end = recorded.flatMap({ $0.changes[1] }).map(\.moment).max() else { return [] }
    let timelines = recorded.map { timeline(of: $0.policy, $0.changes, until: end) }
    return [
      Figure(
        name: name, title: title, caption: caption(binLength: end / Double(binCount)),
        panels: timelines.enumerated().map { panel($1, colour: $0, beside: timelines) },
        columns: ["policy", "from_s", "to_s"]
          + columns.flatMap { name in ["min", "mean", "max"].map { "\(name)_\($0)" } },
        rows: timelines.flatMap(rows))
    ]
  }

  private static func caption(binLength: Double) -> String {
    """
    Means over stretches of \(readable(binLength)) s; the band reaches from the least to the largest value in each. \
    All policies serve the same requests, and scales are the same. Look for a queue that builds up and does not drain: \
    there the deployment carries no more.
    """
  }

  /// All changes of each quantity during a run; of the second and the third none where iterations were not recorded.
  private static func changes(in run: ResultsFile.Run, of file: ResultsFile) throws -> [[TimeBins.Change]] {
    var changes: [[TimeBins.Change]] = [[], [], []]
    func note(_ value: Int, of quantity: Int, from start: Double, to end: Double) {
      changes[quantity] += [(start / 1e3, Double(value)), (end / 1e3, -Double(value))]
    }
    for request in try file.requests(of: run) { note(1, of: 0, from: request.arrival, to: request.finish) }
    try file.forEachIteration(of: run) { iteration in
      note(iteration.decodes, of: 1, from: iteration.start, to: iteration.end)
      note(iteration.usedBlocks, of: 2, from: iteration.start, to: iteration.end)
    }
    return changes
  }

  private static func timeline(of policy: String, _ changes: [[TimeBins.Change]], until end: Double) -> Timeline {
    let quantities = changes.map { changes in
      var bins = TimeBins(binCount, until: end)
      bins.add(changes)
      return bins
    }
    return Timeline(policy: policy, quantities: quantities)
  }

  private static func panel(_ timeline: Timeline, colour: Int, beside all: [Timeline]) -> Figure.Panel {
    let drawings = titles.indices.map { index -> Plot in
      let bins = timeline.quantities[index]
      let largest = all.flatMap { $0.quantities[index].bins.map(\.largest) }
      let series = [
        Plot.Series("", .band, colour: colour, bins.values(\.least) + bins.values(\.largest).reversed()),
        Plot.Series("", .line, colour: colour, bins.values(\.mean)),
      ]
      return Plot(
        index == 0 ? timeline.policy : "",
        PlotScale(.linear, around: [0, bins.length * Double(binCount)], title: index == 2 ? "seconds" : ""),
        PlotScale(.linear, around: [0] + largest, title: titles[index]), series, size: .strip)
    }
    return Figure.Panel("\(timeline.policy): \(titles.joined(separator: ", "))", drawings)
  }

  private static func rows(of timeline: Timeline) -> [[String]] {
    (0..<binCount).map { bin in
      let length = timeline.quantities[0].length
      return [timeline.policy, exact(Double(bin) * length), exact(Double(bin + 1) * length)]
        + timeline.quantities.flatMap { quantity -> [String] in
          let bin = quantity.bins[bin]
          return [bin.least, bin.mean, bin.largest].map(exact)
        }
    }
  }
}
