import Base
import GRDB

/// A sweep as it stands in a results file, with what came of its points so far.
public struct SweepResults: Sendable {
  /// What came of a point.
  public struct Point: Sendable {
    /// Its number, from 1.
    public let number: Int
    /// The policy that ran; nil where none did.
    public let policy: String?
    /// The identity of its configuration; nil where it did not run.
    public let configHash: String?
    /// Why it could not run; nil where it did.
    public let error: String?
    /// The values of ``Metric/all``, in its order; none where it did not run.
    public internal(set) var values: [Double?]

    /// The value of what counts; nil where there is none.
    public func value(of objective: SweepFrontier.Objective) -> Double? { values[objective.place] }
  }

  /// The sweep.
  public let sweep: Sweep
  /// The points that are done, in the order of their numbers.
  public let points: [Point]

  /// Those that could not run.
  public var failed: [Point] { points.filter { $0.error != nil } }

  /// Reads the sweep of a file, which must be there.
  public init(path: String) throws {
    guard fileExists(path) else { throw unreadable(path) }
    let store = try RunStore(path: path)
    let place = FilePlace(path: path)
    (sweep, points) = try place.explaining {
      try store.connect().read { db in
        guard let definition = try String.fetchOne(db, sql: "SELECT definition FROM sweep") else {
          throw InputError(.data, file: path, "holds no sweep; expected what lpsim sweep made")
        }
        return (try Sweep(reading: ConfigNode(parsing: definition, file: path)), try Self.points(db))
      }
    }
  }

  private static func points(_ db: Database) throws -> [Point] {
    var points: [Point] = []
    let found = try Row.fetchCursor(
      db,
      sql: """
        SELECT point.number, run.policy, run.config_hash, point.error, metric.name, metric.value
        FROM point LEFT JOIN run ON run.id = point.run LEFT JOIN metric ON metric.run = run.id
        ORDER BY point.number
        """)
    while let row = try found.next() {
      if points.last?.number != row[0] {
        points.append(
          Point(
            number: row[0], policy: row[1], configHash: row[2], error: row[3],
            values: Array(repeating: nil, count: Metric.all.count)))
      }
      let name: String? = row[4]
      if let place = name.flatMap({ Metric.places[$0] }) { points[points.count - 1].values[place] = row[5] }
    }
    return points
  }
}

/// A part of a frontier, in the order of its first objective, that one policy owns.
public struct FrontierStretch: Sendable {
  /// The values of the frontier's keys that it belongs to.
  public let group: [String]
  /// Its number within that group, from 1.
  public let number: Int
  /// The policy.
  public let policy: String
  /// Its points.
  public internal(set) var points: [SweepResults.Point]
}

extension SweepResults {
  /// The points that take part in a frontier and have all its metrics, for each value of its keys in the order in which
  /// they first appear.
  public func groups(of frontier: SweepFrontier) -> [(values: [String], points: [Point])] {
    var groups: [(values: [String], points: [Point])] = []
    var places: [[String]: Int] = [:]
    for point in points where point.error == nil && sweep.meets(frontier.conditions, at: point.number) {
      let values = frontier.keys.map { sweep.text(of: $0, at: point.number) ?? "" }
      if let place = places[values] {
        groups[place].points.append(point)
      } else {
        places[values] = groups.count
        groups.append((values, [point]))
      }
    }
    return groups
  }

  /// The points among some that no other of them beats, the best in the first objective first.
  public func frontier(_ frontier: SweepFrontier, among points: [Point]) -> [Point] {
    nonDominated(
      points.map { point in
        frontier.objectives.map { objective in
          point.value(of: objective).map { objective.isMaximized ? -$0 : $0 }
        }
      }
    ).map { points[$0] }
  }

  /// A frontier, cut where another policy takes over.
  public func stretches(of frontier: SweepFrontier) -> [FrontierStretch] {
    groups(of: frontier).flatMap { values, points in
      self.frontier(frontier, among: points).reduce(into: [FrontierStretch]()) { stretches, point in
        let policy = point.policy ?? ""
        if stretches.last?.policy == policy {
          stretches[stretches.count - 1].points.append(point)
        } else {
          stretches.append(
            FrontierStretch(group: values, number: stretches.count + 1, policy: policy, points: [point]))
        }
      }
    }
  }
}

extension SweepResults {
  /// Who owns a frontier, stretch by stretch: column titles and rows, with the ends of each stretch.
  public func stretchTable(
    of frontier: SweepFrontier, format: (Double) -> String
  ) -> (titles: [String], rows: [[String]]) {
    let rows = stretches(of: frontier).map { stretch in
      stretch.group + [stretch.policy, "\(stretch.points.count)"]
        + frontier.objectives.map { objective in
          let values = stretch.points.compactMap { $0.value(of: objective) }
          let ends = values.count > 1 ? [values.first, values.last] : [values.first]
          return ends.compactMap { $0.map(format) }.joined(separator: " … ")
        }
    }
    return (frontier.keys + ["policy", "points"] + frontier.objectives.map(\.metric.name), rows)
  }
}
