/// How many of the members have a given phase when all grow by one at a time: a ring of counters that is never turned.
struct PhaseRing {
  private var counts: [Int]

  /// A ring of phases 0..<period.
  init(period: Int) { counts = [Int](repeating: 0, count: period) }

  /// Adds or takes away a member that reaches phase 0 whenever `offset` + the ring's age is a multiple of the period.
  mutating func change(offset: Int, by difference: Int) { counts[phase(-offset)] += difference }

  /// Members that are in phase 0 at an age.
  func count(at age: Int) -> Int { counts[phase(age)] }

  /// Takes away all members that are in phase 0 at an age, and says how many.
  mutating func drain(at age: Int) -> Int {
    let place = phase(age)
    defer { counts[place] = 0 }
    return counts[place]
  }

  /// A division takes longer than all the rest, and most periods are powers of two.
  private func phase(_ offset: Int) -> Int {
    if counts.count & (counts.count - 1) == 0 { return offset & (counts.count - 1) }
    let remainder = offset % counts.count
    return remainder < 0 ? remainder + counts.count : remainder
  }
}

/// The sum of min(length, window) over members that all grow by one at a time.
struct WindowedSum {
  private let window: Int
  private(set) var sum = 0
  private var growing = 0
  private var filling: PhaseRing

  init(window: Int) {
    self.window = window
    filling = PhaseRing(period: window)
  }

  /// Adds a member of a length.
  mutating func add(length: Int, age: Int) { change(length: length, age: age, by: 1) }

  /// Takes a member away.
  mutating func remove(length: Int, age: Int) { change(length: length, age: age, by: -1) }

  /// Lets every member grow by one; `age` is the age after it.
  mutating func advance(to age: Int) {
    sum += growing
    growing -= filling.drain(at: age)
  }

  private mutating func change(length: Int, age: Int, by difference: Int) {
    sum += difference * min(length, window)
    guard length < window else { return }
    growing += difference
    filling.change(offset: length - age, by: difference)
  }
}
