import Base
import Pictures
import Results

/// Figures 3 and 4 of the layered-prefill paper: SLO attainment and requests in flight against the rate.
struct LoadCurves: Reproduction {
  static let name = "fig3"
  /// The share of requests in time, in per cent, up to which a rate counts as served.
  static let servedPercent = 90.0
  /// Measured attainments that differ by less are equal: they were read to half a point.
  private static let readingPoints = 0.5

  private let reference: Reference
  private let workloads: [LoadWorkload]
  private let engine: String

  init(in library: ConfigLibrary) throws {
    var fields = try ConfigFields(library.load("fig3-slo-attainment", .reference))
    reference = try Reference(reading: &fields)
    let setup = try Setup(reading: &fields)
    engine = try setup.engine(in: library)
    let seconds = try fields.number("secondsOfArrivals", in: .positive)
    workloads = try fields.required("workloads").elements().map {
      try LoadWorkload(reading: $0, setup: setup, seconds: seconds)
    }
    try fields.finish()
  }

  var runs: [ServedRun] {
    workloads.flatMap { workload in
      workload.curves.flatMap { curve in
        workload.simulatedRates.flatMap { workload.run(curve, at: $0).over(seeds: reference.seeds) }
      }
    }
  }

  func chapter(from outcomes: Outcomes) throws -> Chapter {
    var knees: [ComparedFigure] = []
    var tables: [FigureTable] = []
    var plots: [Plot] = []
    for workload in workloads {
      let lines = try workload.curves.map { try SimulatedCurve($0, workload, outcomes, seeds: reference.seeds) }
      knees += try lines.map { try knee(of: $0, workload) }
      for quantity in LoadWorkload.Quantity.allCases {
        let figures = lines.flatMap { self.figures($0, quantity, workload) }
        tables.append(
          FigureTable(title: "\(workload.title): \(quantity.rawValue)", layout: .grid("req/s"), figures: figures))
        plots.append(plot(lines, quantity, workload, figures))
      }
    }
    let headline = FigureTable(title: "Highest rate with 90 % attainment", layout: .list, figures: knees)
    var chapter = try Chapter(Self.name, reference, [headline] + tables, engines: [engine])
    chapter.targets.append(order(chapter.figures))
    chapter.plots = plots
    return chapter
  }

  private func knee(of curve: SimulatedCurve, _ workload: LoadWorkload) throws -> ComparedFigure {
    let measured = zip(workload.rates, curve.reference.attainment).map { (rate: $0, attainment: $1) }
    let simulated = try curve.knees(servedPercent: Self.servedPercent)
    let spread = Spread(simulated)
    return figure(
      "rate with 90 % attainment", "\(workload.title) \(curve.reference.policy)", "req/s",
      try crossing(measured, below: Self.servedPercent), spread)
  }

  private func figures(
    _ curve: SimulatedCurve, _ quantity: LoadWorkload.Quantity, _ workload: LoadWorkload
  ) -> [ComparedFigure] {
    workload.rates.enumerated().map { index, rate in
      var figure = figure(
        "\(curve.reference.policy) \(quantity.rawValue)", "\(workload.title) \(rate)", quantity.unit,
        curve.reference[quantity][index], curve.spread(quantity, at: rate))
      if quantity == .attainment { figure.relation = .equalsInPoints }
      return figure
    }
  }

  private func figure(
    _ quantity: String, _ setting: String, _ unit: String, _ value: Double, _ spread: Spread
  ) -> ComparedFigure {
    ComparedFigure(
      quantity: quantity, setting: setting, unit: unit, reference: value, reading: reference.reading,
      role: reference.role, simulated: spread.median, band: spread.band)
  }

  /// Whether the same policy serves more requests in time, at every rate at which measurements tell them apart.
  private func order(_ figures: [ComparedFigure]) -> Target {
    var told = 0
    var right = 0
    for workload in workloads {
      for rate in workload.rates {
        let values = workload.curves.compactMap { curve in
          figures.first {
            $0.quantity == "\(curve.policy) \(LoadWorkload.Quantity.attainment.rawValue)"
              && $0.setting == "\(workload.title) \(rate)"
          }
        }
        guard values.count == 2 else { continue }
        let measured = values[1].reference - values[0].reference
        guard measured.magnitude > Self.readingPoints else { continue }
        told += 1
        if measured * (values[1].simulated - values[0].simulated) > 0 { right += 1 }
      }
    }
    return Target(
      title: "order of the policies right at every rate at which they were told apart", found: "\(right) of \(told)",
      isMet: right == told)
  }

  private func plot(
    _ curves: [SimulatedCurve], _ quantity: LoadWorkload.Quantity, _ workload: LoadWorkload,
    _ figures: [ComparedFigure]
  ) -> Plot {
    let shown = (workload.rates.first ?? 0) - 0.25...(workload.rates.last ?? 0) + 0.25
    let series = curves.enumerated().flatMap { colour, curve in
      let measured = zip(workload.rates, curve.reference[quantity]).map { (x: $0, y: $1) }
      let rates = workload.simulatedRates.filter { shown.contains($0) }
      return [
        Plot.Series("\(curve.reference.policy), measured", .points, colour: colour, measured),
        Plot.Series("", .dashes, colour: colour, measured),
      ]
        + Plot.Series.simulated(
          "\(curve.reference.policy), lpsim: median and range of \(reference.seeds) seeds", colour: colour,
          rates.map { rate in
            let spread = curve.spread(quantity, at: rate)
            return (rate, spread.median, spread.band)
          })
    }
    return Plot(
      "\(workload.title): \(quantity.rawValue)", series, x: (.linear, "requests a second"),
      y: (.linear, "\(quantity.rawValue), \(quantity.unit)"))
  }
}

/// The rate at which a falling attainment passes a limit for good, interpolated linearly between neighbouring rates.
func crossing(_ points: [(rate: Double, attainment: Double)], below limit: Double) throws -> Double {
  guard let last = points.lastIndex(where: { $0.attainment >= limit }), last + 1 < points.count else {
    throw InputError(
      .config,
      "the attainment does not pass \(limit) % between \(points.first?.rate ?? 0) and "
        + "\(points.last?.rate ?? 0) requests a second",
      hint: "give configs/references/fig3-slo-attainment.json more rates")
  }
  let (served, missed) = (points[last], points[last + 1])
  let share = (served.attainment - limit) / (served.attainment - missed.attainment)
  return served.rate + share * (missed.rate - served.rate)
}
