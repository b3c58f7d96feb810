import Results

/// From which value of a parameter on the second policy stops winning: each parameter walks between wide limits while the
/// others are what the deployment says.
public struct BreakEven: Sendable {
  /// Where a policy wins along one parameter.
  public struct Line: Sendable {
    /// The parameter.
    public let parameter: Parameter
    /// The headline.
    public let headline: Headline
    /// The change at places evenly spaced over the range.
    public let grid: [Double]
    /// The stretches, in shares of the range, in which the second policy wins; a win at one end reaches to it.
    public let wins: [ClosedRange<Double>]
  }

  private static let places = 9
  private static let precision = 1.0 / 1024

  /// The lines, parameter by parameter; none where a headline has no value.
  public let lines: [Line]

  /// Looks for them: at nine places, then by bisection between any two that differ. A win or loss that is narrower than
  /// the distance of the places can be missed.
  public init(_ parameters: [Parameter], _ headlines: [Headline] = Headline.ofBreakEven, by evaluator: Evaluator) throws
  {
    let shares = (0..<Self.places).map { Double($0) / Double(Self.places - 1) }
    let points = parameters.flatMap { parameter in shares.map { Point(settings: [(parameter, $0)]) } }
    let changes = try evaluator.changes(headlines, at: points, stage: "break-even, wide")
    let grids = parameters.indices.flatMap { index in
      headlines.indices.compactMap { headline -> Grid? in
        let values = changes[index * shares.count..<(index + 1) * shares.count].compactMap { mean($0[headline]) }
        guard values.count == shares.count else { return nil }
        return Grid(parameter: parameters[index], headline: headlines[headline], shares: shares, changes: values)
      }
    }
    let crossings = grids.indices.flatMap { grid in grids[grid].crossings.map { (grid, $0) } }
    let found = try evaluator.crew.map(crossings, stage: "break-even, close") { grid, place in
      try grids[grid].crossing(after: place, precision: Self.precision) {
        try evaluator.change(grids[grid].headline, at: $0)
      }
    }
    lines = grids.indices.map { grid in
      let own = zip(crossings, found).filter { $0.0.0 == grid }.map(\.1)
      return Line(
        parameter: grids[grid].parameter, headline: grids[grid].headline, grid: grids[grid].changes,
        wins: grids[grid].wins(between: own))
    }
  }
}

/// The change of one headline along one parameter.
struct Grid {
  let parameter: Parameter
  let headline: Headline
  let shares: [Double]
  let changes: [Double]

  /// The places after which a win turns into a loss or a loss into a win.
  var crossings: [Int] {
    (1..<changes.count).filter { headline.isWin(changes[$0]) != headline.isWin(changes[$0 - 1]) }.map { $0 - 1 }
  }

  /// Where it turns.
  func crossing(
    after place: Int, precision: Double, _ change: (Point) throws -> Double?
  ) throws -> Double {
    let isWin = headline.isWin(changes[place])
    let found = try boundary(between: shares[place], and: shares[place + 1], within: precision) { share in
      try change(Point(settings: [(parameter, share)])).map { headline.isWin($0) == isWin } ?? !isWin
    }
    return (found.holds + found.fails) / 2
  }

  /// The stretches of wins between these turns.
  func wins(between crossings: [Double]) -> [ClosedRange<Double>] {
    let ends = [0] + crossings + [1]
    let first = headline.isWin(changes[0]) ? 0 : 1
    return stride(from: first, to: ends.count - 1, by: 2).map { ends[$0]...ends[$0 + 1] }
  }
}
