/// Things in flight, each in a slot that is used again when it leaves: memory does not grow with the trace.
struct SlotTable<Element> {
  private var slots: [Element] = []
  private var vacant: [Int] = []

  /// Takes a thing in and returns its slot.
  mutating func insert(_ element: Element) -> Int {
    guard let slot = vacant.popLast() else {
      slots.append(element)
      return slots.count - 1
    }
    slots[slot] = element
    return slot
  }

  /// Takes a thing out.
  @discardableResult mutating func remove(_ slot: Int) -> Element {
    vacant.append(slot)
    return slots[slot]
  }

  subscript(slot: Int) -> Element {
    get { slots[slot] }
    _modify { yield &slots[slot] }
  }
}
