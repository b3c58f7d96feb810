import Base
import HardwareModels
import Pictures
import Sim

/// Figure 2 of the layered-prefill paper: one prompt, prefilled in chunks of one size.
struct ChunkSizes: Reproduction {
  static let name = "fig2"

  /// What was measured at one size.
  private struct Point {
    var chunkTokens: Int
    var values: [Double]
  }

  /// Columns of the reference, what they are called here, and what lpsim says in their units.
  private static let columns: [(key: String, name: String, unit: String, value: @Sendable (ChunkSweep) -> Double)] = [
    ("expertLoadGB", "expert load", "GB", { $0.expertBytes.value / 1e9 }),
    ("expertMs", "experts", "ms", { $0.expertTime.value * 1e3 }),
    ("otherMs", "other", "ms", { $0.otherTime.value * 1e3 }),
    ("totalMs", "total", "ms", { $0.totalTime.value * 1e3 }),
  ]

  private let reference: Reference
  private let deployment: Deployment
  private let promptTokens: Int
  private let points: [Point]

  init(in library: ConfigLibrary) throws {
    var fields = try ConfigFields(library.load("fig2-chunk-sweep", .reference))
    reference = try Reference(reading: &fields)
    deployment = try Deployment(reading: Setup(reading: &fields).resolved(in: library))
    promptTokens = try fields.integer("promptTokens", in: 1...16_777_216)
    points = try fields.required("points").elements().map { node in
      var fields = try ConfigFields(node)
      let point = Point(
        chunkTokens: try fields.integer("chunkTokens", in: 1...16_777_216),
        values: try Self.columns.map { try fields.number($0.key, in: .positive) })
      try fields.finish()
      return point
    }
    try fields.finish()
  }

  var runs: [ServedRun] { [] }

  func chapter(from outcomes: Outcomes) throws -> Chapter {
    let model = try deployment.costModel()
    let figures = points.flatMap { point in
      let sweep = ChunkSweep(promptTokens: promptTokens, chunkTokens: point.chunkTokens, on: model)
      return zip(Self.columns, point.values).map { column, value in
        ComparedFigure(
          quantity: column.name, setting: "\(point.chunkTokens)", unit: column.unit, reference: value,
          reading: reference.reading, role: reference.role, simulated: column.value(sweep))
      }
    }
    let table = FigureTable(title: "By tokens of a chunk", layout: .grid("chunk"), figures: figures)
    var chapter = try Chapter(Self.name, reference, [table], engines: [deployment.engine.name])
    chapter.plots = [
      plot(figures, ["expert load"], "expert load, GB"), plot(figures, ["experts", "other", "total"], "time, ms"),
    ]
    return chapter
  }

  private func plot(_ figures: [ComparedFigure], _ quantities: [String], _ title: String) -> Plot {
    let lines = quantities.enumerated().flatMap { colour, quantity in
      let own = figures.filter { $0.quantity == quantity }
      return Plot.Series.measuredAndSimulated(quantity, colour: colour, own) { Double($0.setting) ?? 0 }
    }
    return Plot(
      "\(title): dots measured, lines lpsim", lines, x: (.logarithmic, "tokens of a chunk"), y: (.linear, title))
  }
}
