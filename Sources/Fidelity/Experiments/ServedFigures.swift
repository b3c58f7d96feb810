import Base

/// Figures of served workloads: named runs, and metrics of them or of one against another.
struct ServedFigures: Sendable {
  /// A run with what it is called.
  private struct NamedRun: Sendable {
    var name: String
    var run: ServedRun
    var engine: String
  }

  /// A published value.
  private struct Value: Sendable {
    var table: String
    var figure: ComparedFigure
    var metric: String
    /// What one of the figure's unit is in the metric's.
    var worth: Double
    var run: ServedRun
    var baseline: ServedRun?
  }

  private let named: [NamedRun]
  private let values: [Value]
  private let seeds: Int

  /// Reads `runs` and `figures`.
  init(reading fields: inout ConfigFields, _ reference: Reference, in library: ConfigLibrary) throws {
    seeds = reference.seeds
    let named = try fields.required("runs").elements().map { node in
      var fields = try ConfigFields(node)
      let name = try fields.string("name")
      let run = try ServedRun(reading: &fields)
      try fields.finish()
      return NamedRun(name: name, run: run, engine: try run.setup.engine(in: library))
    }
    self.named = named
    values = try fields.required("figures").elements().flatMap { node in
      var fields = try ConfigFields(node)
      let table = try fields.string("table")
      let quantity = try fields.string("quantity")
      let unit = try fields.string("unit")
      let metric = try fields.string("metric")
      let worth = try fields.optional("worth")?.number(in: .positive) ?? 1
      let list = try fields.required("values").elements()
      try fields.finish()
      return try list.map { node in
        let figure = try Self.figure(quantity, unit, reading: node, reference)
        return Value(
          table: table, figure: figure, metric: metric, worth: worth, run: try Self.run("run", in: node, named),
          baseline: node.member("against") == nil ? nil : try Self.run("against", in: node, named))
      }
    }
  }

  private static func run(_ key: String, in node: ConfigNode, _ named: [NamedRun]) throws -> ServedRun {
    var fields = try ConfigFields(node)
    let name = try fields.required(key)
    let text = try name.string()
    guard let run = named.first(where: { $0.name == text }) else {
      throw name.error(unknown: "run", text, among: named.map(\.name))
    }
    return run.run
  }

  private static func figure(
    _ quantity: String, _ unit: String, reading node: ConfigNode, _ reference: Reference
  ) throws -> ComparedFigure {
    var fields = try ConfigFields(node)
    let run = try fields.string("run")
    let isChange = fields.optional("against") != nil
    let figure = ComparedFigure(
      quantity: quantity, setting: try fields.optional("of")?.string() ?? run, unit: unit,
      reference: try fields.number("value", in: -.greatestFiniteMagnitude ... .greatestFiniteMagnitude),
      relation: isChange ? .equalsInPoints : .equals,
      reading: try fields.word("reading", "reading", default: reference.reading),
      role: try fields.word("role", "role", default: reference.role), simulated: 0)
    try fields.finish()
    return figure
  }

  var runs: [ServedRun] { named.flatMap { $0.run.over(seeds: seeds) } }
  var engines: [String] { named.map(\.engine) }

  /// The figures, by the table they stand in.
  func tables(from outcomes: Outcomes, layout: (String) -> FigureTable.Layout) throws -> [FigureTable] {
    try values.map(\.table).unique.map { title in
      FigureTable(
        title: title, layout: layout(title),
        figures: try values.filter { $0.table == title }.map { try simulated($0, outcomes) })
    }
  }

  private func simulated(_ value: Value, _ outcomes: Outcomes) throws -> ComparedFigure {
    var own = try outcomes.values(value.metric, of: value.run, seeds: seeds).map { $0 / value.worth }
    if let baseline = value.baseline {
      let other = try outcomes.values(value.metric, of: baseline, seeds: seeds).map { $0 / value.worth }
      own = zip(own, other).map { 100 * ($0 / $1 - 1) }
    }
    let spread = Spread(own)
    var figure = value.figure
    figure.simulated = spread.median
    figure.band = spread.band
    return figure
  }
}
