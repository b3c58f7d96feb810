import Base
import HardwareModels
import Sim

/// Tables 1, 2, 6, 7, 8, 11 and 13 of the layered-prefill paper.
struct PaperTables: Reproduction {
  static let name = "tables"

  /// How many of a layer's experts decoding requests touch.
  private struct Coverage {
    var requests: Int
    var percent: Double
    var relation: ComparedFigure.Relation
  }

  private let reference: Reference
  private let served: ServedFigures
  private let coverage: [Coverage]
  private let routing: ExpertRouting

  init(in library: ConfigLibrary) throws {
    var fields = try ConfigFields(library.load("paper-tables", .reference))
    reference = try Reference(reading: &fields)
    served = try ServedFigures(reading: &fields, reference, in: library)
    let deployment = try fields.required("deployment")
    let model = try Deployment(reading: library.resolve(deployment.string())).model
    guard let routing = model.routing else { throw deployment.error("\(model.name) has no experts") }
    self.routing = routing
    coverage = try fields.required("coverage").elements().map { node in
      var fields = try ConfigFields(node)
      let coverage = Coverage(
        requests: try fields.integer("decodeBatch", in: 1...1_000_000),
        percent: try fields.number("percent", in: 0...100),
        relation: try fields.required("isBound").bool() ? .isBelow : .equalsInPoints)
      try fields.finish()
      return coverage
    }
    try fields.finish()
  }

  var runs: [ServedRun] { served.runs }

  func chapter(from outcomes: Outcomes) throws -> Chapter {
    let coverage = FigureTable(
      title: "Table 1: experts of a layer that decoding requests touch", layout: .list, figures: coverage.map(figure))
    let tables = [coverage] + (try served.tables(from: outcomes) { _ in .list })
    return try Chapter(Self.name, reference, tables, engines: served.engines)
  }

  private func figure(_ point: Coverage) -> ComparedFigure {
    let load = routing.load(promptTokens: 0, decodeTokens: point.requests)
    return ComparedFigure(
      quantity: "expert coverage", setting: "decode batch \(point.requests)", unit: "%", reference: point.percent,
      relation: point.relation, reading: reference.reading, role: .fitted,
      simulated: 100 * load.distinct / Double(routing.expertCount))
  }
}
