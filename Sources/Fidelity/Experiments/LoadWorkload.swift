import Base

/// What was measured of one trace at several rates, and how it is simulated.
struct LoadWorkload: Sendable {
  /// What is measured at a rate.
  enum Quantity: String, CaseIterable {
    case attainment = "SLO attainment"
    case inFlight = "mean in flight"

    var unit: String { self == .attainment ? "%" : "requests" }
    var metric: String { self == .attainment ? "slo_attainment_pct" : "mean_requests_in_flight" }
  }

  /// What was measured of a policy, by rate.
  struct Curve: Sendable {
    var policy: String
    var attainment: [Double]
    var inFlight: [Double]

    subscript(_ quantity: Quantity) -> [Double] { quantity == .attainment ? attainment : inFlight }
  }

  let title: String
  let rates: [Double]
  /// More rates, so that a knee that lies elsewhere is found.
  let simulatedRates: [Double]
  let curves: [Curve]
  private let trace: String
  private let setup: Setup
  private let seconds: Double

  init(reading node: ConfigNode, setup: Setup, seconds: Double) throws {
    var fields = try ConfigFields(node)
    title = try fields.string("title")
    trace = try fields.string("trace")
    let rates = try fields.required("rates").numbers()
    self.rates = rates
    simulatedRates = try fields.required("simulatedRates").numbers()
    curves = try fields.required("curves").elements().map { node in
      var fields = try ConfigFields(node)
      let curve = Curve(
        policy: try fields.string("policy"), attainment: try fields.required("attainmentPercent").numbers(),
        inFlight: try fields.required("inFlight").numbers())
      try fields.finish()
      guard curve.attainment.count == rates.count, curve.inFlight.count == rates.count else {
        throw node.error("a curve has a value for each rate")
      }
      return curve
    }
    try fields.finish()
    for rate in rates where !simulatedRates.contains(rate) {
      throw node.error("the rate \(rate) was measured and is not simulated")
    }
    self.setup = setup
    self.seconds = seconds
  }

  /// The simulation of a policy at a rate.
  func run(_ curve: Curve, at rate: Double) -> ServedRun {
    ServedRun(
      setup: setup, lengths: .recipe(trace), policy: curve.policy, rate: rate,
      requests: Int((rate * seconds).rounded()))
  }
}

/// What lpsim says of a policy at every simulated rate, seed by seed.
struct SimulatedCurve {
  let reference: LoadWorkload.Curve
  private let rates: [Double]
  private let attainment: [[Double]]
  private let inFlight: [[Double]]

  init(_ curve: LoadWorkload.Curve, _ workload: LoadWorkload, _ outcomes: Outcomes, seeds: Int) throws {
    reference = curve
    rates = workload.simulatedRates
    func values(_ quantity: LoadWorkload.Quantity) throws -> [[Double]] {
      try workload.simulatedRates.map {
        try outcomes.values(quantity.metric, of: workload.run(curve, at: $0), seeds: seeds)
      }
    }
    attainment = try values(.attainment)
    inFlight = try values(.inFlight)
  }

  /// What seeds make of a quantity at a rate that is simulated.
  func spread(_ quantity: LoadWorkload.Quantity, at rate: Double) -> Spread {
    guard let index = rates.firstIndex(of: rate) else { preconditionFailure("a rate that is not simulated") }
    return Spread(quantity == .attainment ? attainment[index] : inFlight[index])
  }

  /// The highest rate that each seed serves.
  func knees(servedPercent: Double) throws -> [Double] {
    try (attainment.first ?? []).indices.map { seed in
      try crossing(zip(rates, attainment).map { ($0, $1[seed]) }, below: servedPercent)
    }
  }
}

extension ConfigNode {
  /// A list of numbers.
  func numbers() throws -> [Double] { try elements().map { try $0.number(in: .nonNegative) } }
}
