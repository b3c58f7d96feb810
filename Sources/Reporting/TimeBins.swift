/// A quantity that changes in steps, cut into equal stretches of time, each with its least, mean and largest value.
struct TimeBins {
  /// A stretch.
  struct Bin: Hashable {
    var least = 0.0
    var largest = 0.0
    /// The value times how long it held.
    var area = 0.0
    /// How long any value is known for.
    var known = 0.0
  }

  /// How long a stretch is.
  let length: Double
  /// The stretches from time 0 on.
  private(set) var bins: [Bin]

  /// So many stretches up to an end.
  init(_ count: Int, until end: Double) {
    length = end / Double(count)
    bins = Array(repeating: Bin(), count: count)
  }

  /// Notes that the quantity has a value from one moment to another.
  mutating func add(_ value: Double, from: Double, to: Double) {
    guard to > from else { return }
    let last = min(Int(to / length), bins.count - 1)
    for index in min(Int(from / length), last)...last {
      let start = Double(index) * length
      let overlap = min(to, start + length) - max(from, start)
      guard overlap > 0 else { continue }
      bins[index].note(value, for: overlap)
    }
  }

  /// When a quantity changes, and by how much.
  typealias Change = (moment: Double, amount: Double)

  /// Notes a quantity that is zero at first, with all its changes, in any order.
  mutating func add(_ changes: [Change]) {
    var (since, value) = (0.0, 0.0)
    for change in changes.sorted(by: { $0 < $1 }) {
      add(value, from: since, to: change.moment)
      (since, value) = (change.moment, value + change.amount)
    }
    fillGaps()
  }

  /// Where the quantity is not known it is zero.
  mutating func fillGaps() {
    for index in bins.indices where bins[index].known < length * (1 - 1e-9) {
      bins[index].note(0, for: length - bins[index].known)
    }
  }

  /// The middle of each stretch with a figure of it.
  func values(_ figure: (Bin) -> Double) -> [(x: Double, y: Double)] {
    bins.enumerated().map { (x: (Double($0) + 0.5) * length, y: figure($1)) }
  }
}

extension TimeBins.Bin {
  /// The mean over the time that is known.
  var mean: Double { known > 0 ? area / known : 0 }

  fileprivate mutating func note(_ value: Double, for time: Double) {
    least = known > 0 ? min(least, value) : value
    largest = known > 0 ? max(largest, value) : value
    area += value * time
    known += time
  }
}
