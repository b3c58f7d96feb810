import Pictures
import Results

/// The points of a sweep under two objectives, with each policy's frontier.
public enum Frontiers: FigureKind {
  static let title = "Pareto frontiers"
  static let name = "frontier"
  static let command = "lpsim sweep pareto-qwen3"
  /// More of them below each other nobody looks at.
  private static let mostPanels = 12

  static func figures(of subject: Subject) throws -> [Figure] {
    guard case .sweep(let results) = subject else { return [] }
    return results.sweep.frontiers.compactMap { figure(of: $0, in: results) }
  }

  /// A frontier's figure; nil where it has other than two objectives, no points, or more parts than a page can hold.
  public static func figure(of frontier: SweepFrontier, in results: SweepResults) -> Figure? {
    guard frontier.objectives.count == 2 else { return nil }
    let policies = distinct(results.points.compactMap(\.policy))
    var rows: [[String]] = []
    var panels: [Figure.Panel] = []
    for (values, points) in results.groups(of: frontier) {
      let best = Set(results.frontier(frontier, among: points).map(\.number))
      let heading = frontier.scope + zip(frontier.keys, values).map { "\($0) \($1)" }
      let series = policies.enumerated().flatMap { colour, policy in
        policySeries(policy, colour, points.filter { $0.policy == policy }, best, frontier, results)
      }
      let title = ([results.sweep.name] + heading).joined(separator: ", ")
      if let plot = plot(title, frontier, series) { panels.append(Figure.Panel(title, [plot])) }
      rows += points.compactMap { row(of: $0, values, best, frontier, results) }
    }
    guard (1...mostPanels).contains(panels.count) else { return nil }
    return Figure(
      name: "\(name)-\(frontier.name)", title: Self.title(of: frontier), caption: caption(frontier),
      panels: panels,
      columns: frontier.keys + ["point", "policy", "is_best"] + frontier.objectives.map(\.metric.name) + ["settings"],
      rows: rows)
  }

  private static func title(of frontier: SweepFrontier) -> String {
    let objectives = frontier.objectives.map(\.metric.title).joined(separator: " against ")
    return (["Pareto frontier: \(objectives)"] + frontier.scope).joined(separator: ", ")
      + (frontier.keys.isEmpty ? "" : ", by \(frontier.keys.joined(separator: " and "))")
  }

  private static func caption(_ frontier: SweepFrontier) -> String {
    let ways = frontier.objectives.map { "\($0.isMaximized ? "more" : "less") \($0.metric.title)" }
    return """
      Each mark is a point of the sweep; better is \(ways.joined(separator: " and ")). Full marks are beaten by no other \
      point in both at once, hollow ones are; a line joins the points that no other of the same policy beats. Look for the \
      stretch that each policy owns, and rest on a mark for its settings.
      """
  }

  private static func policySeries(
    _ policy: String, _ colour: Int, _ own: [SweepResults.Point], _ best: Set<Int>, _ frontier: SweepFrontier,
    _ results: SweepResults
  ) -> [Plot.Series] {
    func series(_ name: String, _ mark: Plot.Series.Mark, _ points: [SweepResults.Point]) -> Plot.Series {
      let placed = points.compactMap { point in place(of: point, frontier).map { (point, $0) } }
      let isLine = mark == .curve
      return Plot.Series(
        name, mark, colour: colour, placed.map(\.1),
        notes: isLine ? [] : placed.map { note(of: $0.0, frontier, results) })
    }
    return [
      series("", .curve, results.frontier(frontier, among: own)),
      series("", .fadedShapes, own.filter { !best.contains($0.number) }),
      series(policy, .shapes, own.filter { best.contains($0.number) }),
    ]
  }

  private static func place(of point: SweepResults.Point, _ frontier: SweepFrontier) -> (x: Double, y: Double)? {
    point.value(of: frontier.objectives[0]).flatMap { x in
      point.value(of: frontier.objectives[1]).map { y in (x, y) }
    }
  }

  private static func note(
    of point: SweepResults.Point, _ frontier: SweepFrontier, _ results: SweepResults
  ) -> String {
    let values = frontier.objectives.map { objective in
      let value = point.value(of: objective) ?? 0
      let scale = objective.metric.unit.scale(for: value.magnitude)
      return "\(objective.metric.title) \(readable(value / scale.worth)) \(scale.symbol)"
    }
    return ([results.sweep.summary(of: point.number)] + values).joined(separator: "\n")
  }

  private static func row(
    of point: SweepResults.Point, _ values: [String], _ best: Set<Int>, _ frontier: SweepFrontier,
    _ results: SweepResults
  ) -> [String]? {
    place(of: point, frontier).map { place in
      values + ["\(point.number)", point.policy ?? "", best.contains(point.number) ? "1" : "0"]
        + [exact(place.x), exact(place.y), results.sweep.summary(of: point.number)]
    }
  }

  private static func plot(_ title: String, _ frontier: SweepFrontier, _ series: [Plot.Series]) -> Plot? {
    let all = series.flatMap(\.values)
    guard !all.isEmpty else { return nil }
    let axes = frontier.objectives.map { "\($0.metric.title), \($0.metric.unit.rawValue)" }
    return Plot(
      title, PlotScale(fitting: all.map(\.x), title: axes[0]), PlotScale(fitting: all.map(\.y), title: axes[1]), series,
      size: .half)
  }
}
