/// The smallest of its elements first, in a binary heap. Complexity: O(log n) to push and to pop.
struct BinaryHeap<Element: Comparable & Sendable>: Sendable {
  private var elements = ContiguousArray<Element>()

  var isEmpty: Bool { elements.isEmpty }
  var count: Int { elements.count }
  var first: Element? { elements.first }

  mutating func push(_ element: Element) {
    elements.append(element)
    var hole = elements.count - 1
    while hole > 0 {
      let parent = (hole - 1) / 2
      guard element < elements[parent] else { break }
      elements[hole] = elements[parent]
      hole = parent
    }
    elements[hole] = element
  }

  mutating func pop() -> Element? {
    guard let last = elements.popLast() else { return nil }
    guard let first = elements.first else { return last }
    var hole = 0
    while true {
      var child = 2 * hole + 1
      guard child < elements.count else { break }
      if child + 1 < elements.count, elements[child + 1] < elements[child] { child += 1 }
      guard elements[child] < last else { break }
      elements[hole] = elements[child]
      hole = child
    }
    elements[hole] = last
    return first
  }
}
