/// Costs by the two counts they depend on: a direct-mapped cache, so that a hit is one multiplication and one compare. It
/// grows with the number of costs up to a bound. What it returns never depends on what it has kept.
struct CostTable<Cost> {
  private struct Slot {
    var key = UInt64.max
    var cost: Cost
  }

  private let unpriced: Cost
  private let mostBits: Int
  private var bits: Int
  private var kept = 0
  private var slots: ContiguousArray<Slot>

  /// A table of 2^`bits` slots, each as long as it is empty with a cost that nobody gets to see.
  init(_ unpriced: Cost, bits: Int, mostBits: Int) {
    self.unpriced = unpriced
    self.bits = bits
    self.mostBits = mostBits
    slots = ContiguousArray(repeating: Slot(cost: unpriced), count: 1 << bits)
  }

  /// Packs two counts below 2^31; nil for larger ones, which are not kept.
  @inline(__always)
  private static func key(_ first: Int, _ second: Int) -> UInt64? {
    guard (first | second) >> 31 == 0 else { return nil }
    return UInt64(truncatingIfNeeded: first) << 31 | UInt64(truncatingIfNeeded: second)
  }

  @inline(__always)
  private func slot(_ key: UInt64) -> Int {
    Int(truncatingIfNeeded: (key &* 0x9e37_79b9_7f4a_7c15) &>> UInt64(truncatingIfNeeded: 64 &- bits))
  }

  /// The slot that holds a cost; nil if it holds another.
  @inline(__always)
  func find(_ first: Int, _ second: Int) -> Int? {
    guard let key = Self.key(first, second) else { return nil }
    let slot = slot(key)
    return slots[slot].key == key ? slot : nil
  }

  @inline(__always)
  subscript(slot: Int) -> Cost { slots[slot].cost }

  /// Keeps a cost in the place of whatever its slot holds.
  mutating func keep(_ cost: Cost, _ first: Int, _ second: Int) {
    guard let key = Self.key(first, second) else { return }
    if kept > slots.count / 4, bits < mostBits { grow() }
    kept += 1
    slots[slot(key)] = Slot(key: key, cost: cost)
  }

  private mutating func grow() {
    let smaller = slots
    bits = min(bits + 2, mostBits)
    kept = 0
    slots = ContiguousArray(repeating: Slot(cost: unpriced), count: 1 << bits)
    for filled in smaller where filled.key != .max {
      kept += 1
      slots[slot(filled.key)] = filled
    }
  }
}
