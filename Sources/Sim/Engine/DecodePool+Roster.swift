extension DecodePool {
  /// A decoding request's place in the order of joining.
  struct Entry {
    enum State { case running, paused, gone }

    let id: RequestID
    let slot: Int
    /// Its length in tokens, newest included; less the advances so far while it runs, so that nobody need count it up.
    var lengthOffset: Int
    var state: State

    /// Its length after so many advances of the pool.
    func length(after advances: Int) -> Int { state == .running ? lengthOffset + advances : lengthOffset }
  }

  /// The decoding requests in the order in which they joined: first all that run, then all that pause. Those that left
  /// keep their place until it is worth to close the gaps.
  struct Roster {
    private(set) var entries = ContiguousArray<Entry>()
    /// Nobody from here on runs, nobody before it pauses.
    private var boundary = 0
    private(set) var count = 0

    /// Adds a paused request at the end and returns its place.
    mutating func append(_ id: RequestID, slot: Int, length: Int) -> Int {
      entries.append(Entry(id: id, slot: slot, lengthOffset: length, state: .paused))
      count += 1
      return entries.count - 1
    }

    /// Those that run, the one that joined last first.
    var runningNewestFirst: some Sequence<Entry> {
      entries[..<boundary].reversed().lazy.filter { $0.state == .running }
    }
    /// Those that pause, the one that joined first first.
    var paused: some Sequence<Entry> { entries[boundary...].lazy.filter { $0.state == .paused } }
    /// All, the one that joined last first.
    var newestFirst: some Sequence<Entry> { entries.reversed().lazy.filter { $0.state != .gone } }

    func isRunning(_ place: Int) -> Bool { entries[place].state == .running }

    /// Lets the oldest paused request run, and returns its place; nil if none pauses.
    mutating func resumeOldest(after advances: Int) -> Int? {
      guard let place = entries[boundary...].firstIndex(where: { $0.state == .paused }) else { return nil }
      entries[place].state = .running
      entries[place].lengthOffset -= advances
      boundary = place + 1
      return place
    }

    /// Lets the newest running request pause, and returns its place; nil if none runs.
    mutating func pauseNewest(after advances: Int) -> Int? {
      guard let place = entries[..<boundary].lastIndex(where: { $0.state == .running }) else { return nil }
      entries[place].lengthOffset += advances
      entries[place].state = .paused
      boundary = place
      return place
    }

    /// Strikes out a request.
    mutating func remove(_ place: Int) {
      entries[place].state = .gone
      count -= 1
    }

    /// Whether most places belong to requests that left.
    var isSparse: Bool { entries.count > 2 * count + 32 }

    /// Closes the gaps; places change.
    mutating func compact() {
      boundary = entries[..<boundary].count { $0.state == .running }
      entries.removeAll { $0.state == .gone }
    }
  }
}
