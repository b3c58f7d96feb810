import Base

/// A distribution given by its quantiles at evenly spaced probabilities from 0 to 1, linear between them.
struct QuantileTable: Sendable {
  private let points: [Double]
  private let steps: Double

  /// Reads a list of at least two lengths in tokens that never fall.
  init(reading node: ConfigNode) throws {
    let elements = try node.elements()
    guard elements.count >= 2 else {
      throw node.error("a list of \(elements.count) is too short; expected 2 quantiles or more")
    }
    var points = [Double]()
    for element in elements {
      let point = try element.number(in: 1...Double(longestLength), "tokens")
      if let last = points.last, point < last {
        throw element.error("the quantile \(element.described) is below the one before it, \(last)")
      }
      points.append(point)
    }
    self.points = points
    steps = Double(points.count - 1)
  }

  /// The quantile at a probability, to the nearest token.
  func tokens(at probability: Double) -> Double {
    let position = probability * steps
    let index = min(Int(position), points.count - 2)
    let low = points[index]
    return (low + (points[index + 1] - low) * (position - Double(index))).rounded()
  }
}
