import Base

extension SweepResults {
  /// Every point that is done as CSV (RFC 4180), in the order of their numbers: its settings, and all metrics or its error.
  public var csv: String {
    let head = ["point"] + sweep.columns + ["config_hash", "error"] + Metric.all.map(\.name)
    let rows = points.map { point in
      let outcome = [point.configHash ?? "", point.error ?? ""] + point.values.map { $0.map(exact) ?? "" }
      return ["\(point.number)"] + settings(of: point, sweep.columns) + outcome
    }
    return csvText([head] + rows)
  }

  /// The points of a frontier as CSV, those of a group together and the best in the first objective first: which policy
  /// owns which stretch of it, the point with its settings, the objectives.
  public func csv(of frontier: SweepFrontier) -> String {
    let columns = sweep.columns.filter { $0 != "policy" && !frontier.keys.contains($0) }
    let head = frontier.keys + ["stretch", "policy", "point"] + columns + frontier.objectives.map(\.metric.name)
    let rows = stretches(of: frontier).flatMap { stretch in
      stretch.points.map { point in
        let place = stretch.group + ["\(stretch.number)", stretch.policy, "\(point.number)"]
        let values = frontier.objectives.map { point.value(of: $0).map(exact) ?? "" }
        return place + settings(of: point, columns) + values
      }
    }
    return csvText([head] + rows)
  }

  /// What the file of a frontier is called, without its ending.
  public func fileName(of frontier: SweepFrontier) -> String {
    "\(sweep.name)-\(sweep.frontiers.count == 1 ? "pareto" : frontier.name)"
  }

  private func settings(of point: Point, _ keys: [String]) -> [String] {
    keys.map { sweep.text(of: $0, at: point.number) ?? "" }
  }
}
