import Base
import Pictures

/// Serving runs of ML.ENERGY: time between tokens, power and energy of full batches.
struct ServingEnergy: Reproduction {
  static let name = "mlenergy"

  /// What is compared: key of the reference, name, metric, unit.
  private static let columns = [
    (key: "itlMs", name: "ITL p50", metric: "itl_median_ms", unit: "ms"),
    (key: "powerWatts", name: "power", metric: "mean_power_w", unit: "W"),
    (key: "joulesPerToken", name: "energy", metric: "energy_per_output_token_j", unit: "J/token"),
  ]

  /// More would not be told apart.
  private static let groupsOfAPicture = 4

  /// A model on its GPUs with what it is asked.
  private struct Group {
    var name: String
    var engine: String
    var roles: [ComparedFigure.Role]
    var points: [Point]
  }

  /// One run.
  private struct Point {
    var batch: Int
    var values: [Double]
    var run: ServedRun
  }

  private let reference: Reference
  private let groups: [Group]

  init(in library: ConfigLibrary) throws {
    var fields = try ConfigFields(library.load("mlenergy-h100", .reference))
    let reference = try Reference(reading: &fields)
    self.reference = reference
    let rounds = try fields.integer("roundsOfTheBatch", in: 3...1000)
    groups = try fields.required("groups").elements().map { try Self.group($0, reference, rounds: rounds, in: library) }
    try fields.finish()
  }

  private static func group(
    _ node: ConfigNode, _ reference: Reference, rounds: Int, in library: ConfigLibrary
  ) throws -> Group {
    var fields = try ConfigFields(node)
    let name = try fields.string("name")
    let setup = try Setup(reading: &fields)
    let policy = try fields.string("policy")
    let lengths = try fields.required("lengths")
    let fitted = try fields.required("fitted").strings()
    let points = try fields.required("points").elements().map { node in
      var fields = try ConfigFields(node)
      let batch = try fields.integer("batch", in: 1...65536)
      let recipe = try Self.recipe(lengths, meanOutput: fields.number("outputTokens", in: .positive))
      let run = ServedRun(
        setup: setup.setting(["maxNumSeqs=\(batch)", "arrivals={\"process\": \"allAtOnce\"}"]),
        lengths: .written(recipe.canonicalJSON), policy: policy, requests: rounds * batch, view: .fullBatch)
      let point = Point(batch: batch, values: try columns.map { try fields.number($0.key, in: .positive) }, run: run)
      try fields.finish()
      return point
    }
    try fields.finish()
    let roles = columns.map { fitted.contains($0.key) ? ComparedFigure.Role.fitted : reference.role }
    return Group(name: name, engine: try setup.engine(in: library), roles: roles, points: points)
  }

  /// The recipe in a reference, with log-normal outputs of this mean: median = mean / exp(sigma² / 2).
  private static func recipe(_ lengths: ConfigNode, meanOutput: Double) throws -> ConfigNode {
    var fields = try ConfigFields(lengths)
    let sigma = try fields.number("outputSigma", in: 0...2)
    let median = meanOutput / exponential(sigma * sigma / 2)
    let output = ConfigNode.Value.object([
      .init("distribution", ConfigNode(.string("lognormal"), source: lengths.source)),
      .init("median", ConfigNode(.number(median), source: lengths.source)),
      .init("sigma", ConfigNode(.number(sigma), source: lengths.source)),
    ])
    return try fields.required("recipe").setting("lengths.output", to: ConfigNode(output, source: lengths.source))
  }

  var runs: [ServedRun] { groups.flatMap { $0.points.map(\.run) } }

  func chapter(from outcomes: Outcomes) throws -> Chapter {
    let tables = groups.map { group in
      let figures = group.points.flatMap { point in
        zip(zip(Self.columns, group.roles), point.values).map { column, value in
          let name = column.0.metric
          guard let simulated = outcomes[point.run][name] else { preconditionFailure("a full batch has \(name)") }
          return ComparedFigure(
            quantity: column.0.name, setting: "\(point.batch)", unit: column.0.unit, reference: value,
            reading: reference.reading, role: column.1, simulated: simulated)
        }
      }
      return FigureTable(title: group.name, layout: .grid("batch"), figures: figures)
    }
    var chapter = try Chapter(Self.name, reference, tables, engines: groups.map(\.engine))
    chapter.plots = stride(from: 0, to: tables.count, by: Self.groupsOfAPicture).flatMap { first in
      let shown = tables[first..<min(first + Self.groupsOfAPicture, tables.count)]
      return Self.columns.map { plot($0.name, $0.unit, of: Array(shown)) }
    }
    return chapter
  }

  private func plot(_ quantity: String, _ unit: String, of tables: [FigureTable]) -> Plot {
    let series = tables.enumerated().flatMap { colour, table in
      let own = table.figures.filter { $0.quantity == quantity }
      return Plot.Series.measuredAndSimulated(table.title, colour: colour, own) { Double($0.setting) ?? 0 }
    }
    return Plot(
      "\(quantity): dots measured, lines lpsim", series, x: (.logarithmic, "requests that run at once"),
      y: (.logarithmic, "\(quantity), \(unit)"))
  }
}
