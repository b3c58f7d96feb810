import Pictures

extension Plot.Series {
  /// Dots for what was measured, a line for what lpsim says, and the band of its seeds if there are any.
  static func measuredAndSimulated(
    _ name: String, colour: Int, _ figures: [ComparedFigure], at x: (ComparedFigure) -> Double
  ) -> [Plot.Series] {
    let measured = Plot.Series(name, .points, colour: colour, figures.map { (x($0), $0.reference) })
    return [measured] + simulated("", colour: colour, figures.map { (x($0), $0.simulated, $0.band) })
  }

  /// A line for medians, and the band of seeds if there are any.
  static func simulated(
    _ name: String, colour: Int, _ values: [(x: Double, median: Double, band: ClosedRange<Double>?)]
  ) -> [Plot.Series] {
    let low = values.compactMap { value in value.band.map { (x: value.x, y: $0.lowerBound) } }
    let high = values.compactMap { value in value.band.map { (x: value.x, y: $0.upperBound) } }
    let band = low.isEmpty ? [] : [Plot.Series("", .band, colour: colour, low + high.reversed())]
    return band + [Plot.Series(name, .line, colour: colour, values.map { ($0.x, $0.median) })]
  }
}

extension Plot {
  /// A picture whose axes fit its series.
  init(
    _ title: String, _ series: [Series], x: (kind: PlotScale.Kind, title: String),
    y: (kind: PlotScale.Kind, title: String)
  ) {
    let values = series.flatMap(\.values)
    self.init(
      title, PlotScale(x.kind, around: values.map(\.x), title: x.title),
      PlotScale(y.kind, around: values.map(\.y) + (y.kind == .linear ? [0] : []), title: y.title), series)
  }
}
