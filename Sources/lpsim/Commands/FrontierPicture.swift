import Calibration
import Results

/// A frontier of two objectives: for each value of its keys all points, and each policy's own frontier as a line.
struct FrontierPicture {
  /// More of them below each other nobody looks at.
  private static let mostPlots = 12

  /// The picture as SVG.
  let svg: String

  /// Of a frontier; nil where it has other than two objectives, no points, or more parts than a page can hold.
  init?(of frontier: SweepFrontier, in results: SweepResults) {
    guard frontier.objectives.count == 2 else { return nil }
    let policies = distinct(results.points.compactMap(\.policy))
    let plots = results.groups(of: frontier).compactMap { values, points -> Plot? in
      let heading = frontier.scope + zip(frontier.keys, values).map { "\($0) \($1)" }
      let series = policies.enumerated().flatMap { colour, policy in
        let own = points.filter { $0.policy == policy }
        return [
          Plot.Series(policy, .points, colour: colour, places(own, frontier)),
          Plot.Series("", .line, colour: colour, places(results.frontier(frontier, among: own), frontier)),
        ]
      }
      return plot(([results.sweep.name] + heading).joined(separator: ", "), frontier, series)
    }
    guard (1...Self.mostPlots).contains(plots.count) else { return nil }
    svg = Plot.svg(plots)
  }
}

private func places(_ points: [SweepResults.Point], _ frontier: SweepFrontier) -> [(x: Double, y: Double)] {
  points.compactMap { point in
    point.value(of: frontier.objectives[0]).flatMap { x in
      point.value(of: frontier.objectives[1]).map { y in (x, y) }
    }
  }
}

private func plot(_ title: String, _ frontier: SweepFrontier, _ series: [Plot.Series]) -> Plot? {
  let all = series.flatMap(\.values)
  guard !all.isEmpty else { return nil }
  func axis(_ values: [Double], _ objective: SweepFrontier.Objective) -> PlotScale {
    let kind: PlotScale.Kind = values.allSatisfy { $0 > 0 } ? .logarithmic : .linear
    return PlotScale(kind, around: values, title: objective.metric.name)
  }
  return Plot(
    title, axis(all.map(\.x), frontier.objectives[0]), axis(all.map(\.y), frontier.objectives[1]), series)
}

private func distinct(_ words: [String]) -> [String] {
  words.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
}
