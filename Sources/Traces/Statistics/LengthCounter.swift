/// Lengths in tokens counted by value, so that percentiles are exact and memory does not grow with the trace.
struct LengthCounter: Sendable {
  private static let commonLength = 1 << 20

  private(set) var count = 0
  private var sum = 0
  /// How many there are of each length, up to the longest common one.
  private var counts: [Int] = []
  /// Lengths no model takes, one by one.
  private var giants: [Int] = []

  mutating func add(_ length: Int) {
    count += 1
    sum += length
    guard length < Self.commonLength else { return giants.append(length) }
    if length >= counts.count { counts += [Int](repeating: 0, count: length + 1 - counts.count) }
    counts[length] += 1
  }

  /// The mean; nil without any.
  var mean: Double? { count == 0 ? nil : Double(sum) / Double(count) }

  /// The percentiles at these ascending places in 0...100, linear between order statistics as NumPy's; nil without any.
  func percentiles(_ places: [Double]) -> [Double]? {
    guard count > 0 else { return nil }
    let ranks = places.map { $0 / 100 * Double(count - 1) }
    let wanted = ranks.flatMap { [Int($0), min(Int($0) + 1, count - 1)] }
    let found = orderStatistics(wanted)
    return ranks.indices.map { index in
      let low = Double(found[2 * index])
      return low + (Double(found[2 * index + 1]) - low) * (ranks[index] - ranks[index].rounded(.down))
    }
  }

  /// The lengths at these places, from 0, in the order of length.
  private func orderStatistics(_ places: [Int]) -> [Int] {
    let sortedGiants = giants.sorted()
    var found = [Int](repeating: 0, count: places.count)
    let order = places.indices.sorted { places[$0] < places[$1] }
    var length = 0
    var upTo = counts.first ?? 0
    for index in order {
      let place = places[index]
      while place >= upTo, length < counts.count {
        length += 1
        if length < counts.count { upTo += counts[length] }
      }
      found[index] = place < upTo ? length : sortedGiants[place - upTo]
    }
    return found
  }
}
