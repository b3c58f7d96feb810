import Base

/// The largest value since any moment in the past, of a series that only grows: a stack of the values that no later one
/// has topped. Complexity: O(1) amortised to append, O(log n) to ask.
struct SuffixMaximum {
  private struct Entry {
    var index: Int
    var value: SimDuration
  }

  private var stack = ContiguousArray<Entry>()

  /// Values kept.
  var count: Int { stack.count }

  /// Appends the value of an index, which must lie above all before it.
  mutating func append(_ value: SimDuration, at index: Int) {
    var place = stack.count
    while place > 0, stack[place - 1].value <= value { place -= 1 }
    let entry = Entry(index: index, value: value)
    guard place < stack.count else { return stack.append(entry) }
    // Most often it tops just the one before it, whose place it takes.
    stack[place] = entry
    while stack.count > place + 1 { stack.removeLast() }
  }

  /// The largest value at `index` or later; nil if there is none.
  func maximum(from index: Int) -> SimDuration? {
    let place = firstPlace(from: index)
    return place < stack.count ? stack[place].value : nil
  }

  /// Forgets what lies before an index that nobody will ask about again.
  mutating func forget(before index: Int) { stack.removeFirst(firstPlace(from: index)) }

  private func firstPlace(from index: Int) -> Int {
    var low = 0
    var high = stack.count
    while low < high {
      let middle = (low + high) / 2
      if stack[middle].index < index { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
