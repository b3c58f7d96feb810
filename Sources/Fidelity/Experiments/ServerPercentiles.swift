import Base
import Pictures

/// The table in the README of the layered-prefill engine: two servers, every percentile.
struct ServerPercentiles: Reproduction {
  static let name = "readme"

  private let reference: Reference
  private let served: ServedFigures

  init(in library: ConfigLibrary) throws {
    var fields = try ConfigFields(library.load("readme-percentiles", .reference))
    reference = try Reference(reading: &fields)
    served = try ServedFigures(reading: &fields, reference, in: library)
    try fields.finish()
  }

  var runs: [ServedRun] { served.runs }

  func chapter(from outcomes: Outcomes) throws -> Chapter {
    let tables = try served.tables(from: outcomes) { _ in .list }
    var chapter = try Chapter(Self.name, reference, tables, engines: served.engines)
    chapter.plots = ["TTFT", "ITL", "E2E"].map { plot($0, chapter.figures) }
    return chapter
  }

  /// Percentiles of a length of time: how many of a hundred are shorter.
  private func plot(_ length: String, _ figures: [ComparedFigure]) -> Plot {
    let series = figures.map(\.setting).unique.enumerated().flatMap { colour, server in
      let own = figures.compactMap { figure -> (percent: Double, figure: ComparedFigure)? in
        guard figure.setting == server, figure.quantity.hasPrefix("\(length) p") else { return nil }
        return Double(figure.quantity.dropFirst(length.count + 2)).map { ($0, figure) }
      }
      let low = own.compactMap { point in point.figure.band.map { (x: $0.lowerBound, y: point.percent) } }
      let high = own.compactMap { point in point.figure.band.map { (x: $0.upperBound, y: point.percent) } }
      return [
        Plot.Series("", .band, colour: colour, low + high.reversed()),
        Plot.Series("\(server), measured", .points, colour: colour, own.map { ($0.figure.reference, $0.percent) }),
        Plot.Series("\(server), lpsim", .line, colour: colour, own.map { ($0.figure.simulated, $0.percent) }),
      ]
    }
    return Plot("\(length): how many of a hundred are shorter", series, x: (.linear, "ms"), y: (.linear, "%"))
  }
}
