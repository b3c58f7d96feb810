import Base

/// How far a kernel may be from its reference, as a part of the root mean square of the reference: single elements may
/// cancel to nearly nothing, their sum's size says how large rounding can be.
public struct Tolerance: Hashable, Sendable {
  /// The largest error allowed, over the root mean square of what is expected.
  public var relative: Double

  /// So much of the root mean square.
  public init(relative: Double) { self.relative = relative }

  /// What rounding explains where this type stands between kernels: some hundred units in the last place for Float32
  /// (sums of thousands of terms in any order), a few of them for bfloat16 (rounded after each of a few steps).
  public init(between type: ElementType) {
    switch type {
    case .float32: self.init(relative: 5e-5)
    case .bfloat16: self.init(relative: 3e-2)
    case .int32: self.init(relative: 0)
    }
  }

  /// The largest error of what a kernel gave, over the root mean square of what is expected. An error if it is too large
  /// or if anything is no number, as poison that was not overwritten is.
  @discardableResult
  public func compare(_ found: [Float], with expected: [Double], _ what: String) throws -> Double {
    precondition(found.count == expected.count, "\(what): \(found.count) numbers against \(expected.count)")
    let square = expected.reduce(0) { $0 + $1 * $1 } / Double(max(1, expected.count))
    let size = square > 0 ? square.squareRoot() : 1
    var worst = 0.0
    for (index, (one, right)) in zip(found, expected).enumerated() {
      guard one.isFinite else {
        throw InputError(.software, "\(what): element \(index) is \(one); the reference says \(right)")
      }
      worst = max(worst, abs(Double(one) - right) / size)
      guard worst <= relative else {
        throw InputError(
          .software,
          "\(what): element \(index) is \(one); the reference says \(right), an error of \(worst) root mean squares where \(relative) is allowed"
        )
      }
    }
    return worst
  }
}
