import Base

/// The largest value since any moment in the past, of a series that only grows: a stack of the values that no later one
/// has topped. Complexity: O(1) amortised to append, O(log n) to ask.
struct SuffixMaximum {
  private var indices: [Int] = []
  private var values: [SimDuration] = []

  /// Values kept.
  var count: Int { indices.count }

  /// Appends the value of an index, which must lie above all before it.
  mutating func append(_ value: SimDuration, at index: Int) {
    while let last = values.last, last <= value {
      values.removeLast()
      indices.removeLast()
    }
    indices.append(index)
    values.append(value)
  }

  /// The largest value at `index` or later; nil if there is none.
  func maximum(from index: Int) -> SimDuration? {
    let place = firstPlace(from: index)
    return place < values.count ? values[place] : nil
  }

  /// Forgets what lies before an index that nobody will ask about again.
  mutating func forget(before index: Int) {
    let place = firstPlace(from: index)
    indices.removeFirst(place)
    values.removeFirst(place)
  }

  private func firstPlace(from index: Int) -> Int {
    var low = 0
    var high = indices.count
    while low < high {
      let middle = (low + high) / 2
      if indices[middle] < index { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
