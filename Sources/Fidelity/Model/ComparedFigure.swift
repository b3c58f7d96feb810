import Base

/// A published figure beside what lpsim says.
public struct ComparedFigure: Hashable, Sendable {
  /// Whether it can be missed.
  public enum Role: String, CaseIterable, Sendable {
    /// Nothing was fitted to it.
    case predicted
    /// A number of the model or the profile was fitted to it, so it says how well the form fits and no more.
    case fitted
  }

  /// How the published value came to us.
  public enum Reading: String, CaseIterable, Sendable {
    /// It stands in a text or a table of its source.
    case text
    /// It was read off a drawing.
    case digitised
    /// It was read by somebody else from a source that we do not have.
    case secondHand = "second-hand"
    /// Second-hand, and another place of the same source says something else.
    case inConflict = "in conflict"
  }

  /// What a published value says.
  public enum Relation: Hashable, Sendable {
    /// The quantity had this value; an error is a share of it.
    case equals
    /// The quantity, itself a percentage or a change, had this value; an error is a difference in points.
    case equalsInPoints
    /// The quantity was below this value; there is no error.
    case isBelow
  }

  /// What was measured, such as `mean TTFT`.
  public var quantity: String
  /// Of what, such as `arXiv, chunked, 1.3 req/s`.
  public var setting: String
  /// The unit of both values.
  public var unit: String
  /// The published value.
  public var reference: Double
  /// What it says.
  public var relation = Relation.equals
  /// How it came to us.
  public var reading: Reading
  /// Whether it can be missed.
  public var role: Role
  /// What lpsim says: the median over seeds.
  public var simulated: Double
  /// The least and the most that lpsim says over seeds; nil where no seed is involved.
  public var band: ClosedRange<Double>?

  /// How far lpsim is off, in per cent or in points; nil where only a bound is known.
  public var error: Double? {
    switch relation {
    case .equals: 100 * (simulated - reference) / reference
    case .equalsInPoints: simulated - reference
    case .isBelow: nil
    }
  }

  /// Whether the error counts points and not per cent.
  public var isInPoints: Bool { relation == .equalsInPoints }
}

extension [ComparedFigure] {
  /// Those that count: the predicted ones, or all if there are none.
  var counted: [ComparedFigure] {
    let predicted = filter { $0.role == .predicted }
    return predicted.isEmpty ? self : predicted
  }

  /// Sizes of errors, smallest first.
  var errors: [Double] { compactMap { $0.error?.magnitude }.sorted() }
}

/// A value such that half of the others are smaller; between two the mean. Sorted values, at least one.
func median(_ sorted: [Double]) -> Double { percentile(50, of: sorted) }

/// What seeds made of one quantity.
struct Spread: Hashable, Sendable {
  let median: Double
  let band: ClosedRange<Double>?

  /// The spread of at least one value; a single one has no band.
  init(_ values: [Double]) {
    let sorted = values.sorted()
    median = Fidelity.median(sorted)
    band = sorted.count > 1 ? sorted[0]...sorted[sorted.count - 1] : nil
  }
}
